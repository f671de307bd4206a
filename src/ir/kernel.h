// What the host knows of a device kernel: its names, the members of its params struct, the arrays
// it takes, and how to call it. describe_kernel.h makes these descriptions from the kernel's own
// declaration.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "src/base/result.h"
#include "src/ir/graph.h"

namespace kinglet::ir {

// A member of a params struct: int32_t, or an array of them.
struct ParamMember {
  std::string_view name;
  size_t offset = 0;  // in int32_t
  size_t count = 1;   // elements of an array
  bool is_array = false;
};

// A pointer that a kernel takes behind its params.
struct Parameter {
  std::optional<DataType> type;  // of the elements; none for void*: bytes of any type
  bool written = false;
};

// Descriptions are constants with static lifetime: one object per kernel, compared by address.
struct Kernel {
  std::string_view function;     // "Conv2d", in namespace kinglet::kernels
  std::string_view params_type;  // "Conv2dParams", likewise
  std::string_view file;         // "conv_2d": device/kernels/conv_2d.h declares it
  std::span<const ParamMember> members;
  std::span<const Parameter> parameters;
  void (*run)(const int32_t* params, const void* const* addresses) = nullptr;
  // Copies its input as it stands: nothing needs to run when the output is the same memory.
  bool copies = false;
  // Files below device/kernels that define it, .cc and .S; none: portable/<file>.cc.
  std::span<const std::string_view> sources{};
};

namespace internal {
template <typename Params>
inline constexpr char kTypeMark = 0;
}  // namespace internal

// The value of one kernel's params struct, whose members are all int32_t.
class KernelParams {
 public:
  KernelParams() = default;
  template <typename Params>
  requires std::is_aggregate_v<Params> KernelParams(
      const Params& params)  // NOLINT(google-explicit-constructor): a value like it
      : type_(&internal::kTypeMark<Params>), values_(sizeof(Params) / sizeof(int32_t)) {
    static_assert(std::is_trivially_copyable_v<Params> && alignof(Params) == alignof(int32_t));
    std::memcpy(values_.data(), &params, sizeof(Params));
  }

  template <typename Params>
  bool Is() const {
    return type_ == &internal::kTypeMark<Params>;
  }
  // The struct again, which must be of this type.
  template <typename Params>
  Params As() const {
    KINGLET_ASSERT(Is<Params>());
    Params params;
    std::memcpy(&params, values_.data(), sizeof(Params));
    return params;
  }

  std::span<const int32_t> values() const { return values_; }

 private:
  const void* type_ = nullptr;
  std::vector<int32_t> values_;
};

}  // namespace kinglet::ir
