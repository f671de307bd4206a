// What a project asks for before anything is trained. Zero means "not asked".
#pragma once

#include <cstdint>

namespace kinglet::lookahead {

struct Requirements {
  // For everything that Kinglet generates; when not asked, what the application leaves of the
  // board.
  uint64_t flash_bytes_max = 0;
  uint64_t ram_bytes_max = 0;
  double latency_ms_max = 0;  // from one full window of raw input to its label, features included

  // What the rest of the firmware keeps for itself.
  uint64_t application_flash_bytes = 0;
  uint64_t application_ram_bytes = 0;
};

}  // namespace kinglet::lookahead
