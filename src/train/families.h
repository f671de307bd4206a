// Families of small networks, each an ordered list of members from about one thousand to about two
// hundred thousand weights. A search or a plan picks the member; the shapes of maps and strides
// follow from the input.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/train/architecture.h"

namespace kinglet::train {

// "ds_cnn": depthwise-separable network for spectrograms, time x frequency x 1 (Zhang et al. 2017,
// "Hello Edge"). "cnn": for small images; a 3x3 stem, then stages of halved size and doubled width.
std::vector<std::string> Families();

// Names of a family's members, smallest first: "ds_cnn-32x4" has 32 channels and 4 blocks.
// kNotFound names the families.
Result<std::vector<std::string>> Members(std::string_view family);

// One member for an input of `shape` and `classes` outputs. kNotFound for an unknown name, kInvalid
// when the shape or the class count is out of range (1 to 1024 a side, 1 to 64 channels, 2 to 1000
// classes).
Result<Architecture> MakeArchitecture(std::string_view member, Shape shape, int32_t classes);

}  // namespace kinglet::train
