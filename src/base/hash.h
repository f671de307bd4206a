// Content addresses: BLAKE2b with a 256-bit digest (RFC 7693), by libsodium. Safe to call from any
// thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/bytes.h"
#include "src/base/result.h"

namespace kinglet {

struct Digest {
  std::array<uint8_t, 32> bytes{};
  auto operator<=>(const Digest&) const = default;

  std::string Hex() const;                                   // 64 characters
  std::string Short() const { return Hex().substr(0, 12); }  // what people are shown
  static Result<Digest> FromHex(std::string_view hex);       // kInvalid unless 64 hex digits
};

// Hashes in pieces: Hasher h; h.Add(a).Add(b); h.Finish().
class Hasher {
 public:
  Hasher();
  Hasher& Add(ByteView bytes);
  // Adds the length before the text, so that {"ab","c"} and {"a","bc"} differ.
  Hasher& AddField(std::string_view text);
  Digest Finish();

 private:
  alignas(64) std::array<uint8_t, 384> state_;
};

Digest HashBytes(ByteView bytes);
Result<Digest> HashFile(const std::string& path);

// FNV-1a, 32 bits: for short fingerprints in test vectors, never for identity.
uint32_t Fnv1a32(ByteView bytes);

}  // namespace kinglet
