// Which build of the program this is.
#pragma once

namespace kinglet::apps {

// "0.1.0", and when built in a git tree the commit, too: "0.1.0+3f2a91cd0b7e", with ".dirty" behind
// it when files differed from that commit.
extern const char kBuildVersion[];

}  // namespace kinglet::apps
