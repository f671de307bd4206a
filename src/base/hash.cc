#include "src/base/hash.h"

#include <sodium.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>

namespace kinglet {
namespace {

static_assert(sizeof(crypto_generichash_state) <= 384);

auto* State(std::array<uint8_t, 384>& storage) {
  return reinterpret_cast<crypto_generichash_state*>(storage.data());
}

}  // namespace

std::string Digest::Hex() const {
  std::string hex(64, '0');
  constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = 0; i < bytes.size(); ++i) {
    hex[2 * i] = kDigits[bytes[i] >> 4];
    hex[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return hex;
}

Result<Digest> Digest::FromHex(std::string_view hex) {
  Digest digest;
  size_t length = 0;
  const int status = sodium_hex2bin(digest.bytes.data(), digest.bytes.size(), hex.data(),
                                    hex.size(), nullptr, &length, nullptr);
  if (status != 0 || length != digest.bytes.size() || hex.size() != 64) {
    return Fail(Code::kInvalid, "'{}' is not a content address (64 hexadecimal digits)", hex);
  }
  return digest;
}

Hasher::Hasher() {
  const int ready = sodium_init();
  KINGLET_ASSERT(ready >= 0);
  crypto_generichash_init(State(state_), nullptr, 0, 32);
}

Hasher& Hasher::Add(ByteView bytes) {
  crypto_generichash_update(State(state_), bytes.data(), bytes.size());
  return *this;
}

Hasher& Hasher::AddField(std::string_view text) {
  const uint64_t length = text.size();
  Add({reinterpret_cast<const uint8_t*>(&length), sizeof(length)});
  return Add(AsBytes(text));
}

Digest Hasher::Finish() {
  Digest digest;
  crypto_generichash_final(State(state_), digest.bytes.data(), digest.bytes.size());
  return digest;
}

Digest HashBytes(ByteView bytes) { return Hasher().Add(bytes).Finish(); }

Result<Digest> HashFile(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return Fail(Code::kNotFound, "{}: {}", path, std::strerror(errno));
  Hasher hasher;
  std::vector<uint8_t> buffer(1 << 16);
  while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    hasher.Add({buffer.data(), count});
  }
  if (std::ferror(file.get())) return Fail(Code::kIo, "{}: read failed", path);
  return hasher.Finish();
}

uint32_t Fnv1a32(ByteView bytes) {
  uint32_t hash = 2166136261U;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 16777619U;
  return hash;
}

}  // namespace kinglet
