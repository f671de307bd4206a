// Descriptions of device kernels, made from their declarations:
//
//   KINGLET_PARAMS(AddParams, count, input1_zero_point, ...);   // every member, in order
//   KINGLET_KERNEL(kAdd, Add, "add");                           // inline constexpr Kernel kAdd
//   KINGLET_KERNEL_FROM(kX, X, "cortex_m4/x", kSources);        // X's files are not portable/x.cc
//
// in namespace kinglet::ir. That no member is missing or out of order is proven at compile time;
// the types of the arrays come from the function's type.
#pragma once

#include <array>
#include <cstddef>

#include "src/ir/kernel.h"

namespace kinglet::ir::internal {

// Specialised by KINGLET_PARAMS: kName, kMembers.
template <typename Params>
struct ParamsTable;

template <typename Member>
constexpr ParamMember MakeMember(std::string_view name, size_t offset_bytes) {
  static_assert(std::is_same_v<std::remove_all_extents_t<Member>, int32_t>);
  // NOLINTNEXTLINE(bugprone-sizeof-expression): 1 for what is no array
  return {name, offset_bytes / sizeof(int32_t), sizeof(Member) / sizeof(int32_t),
          std::is_array_v<Member>};
}

template <typename Params>
constexpr bool MembersComplete() {
  size_t offset = 0;
  for (const ParamMember& member : ParamsTable<Params>::kMembers) {
    if (member.offset != offset) return false;
    offset += member.count;
  }
  return offset * sizeof(int32_t) == sizeof(Params);
}

template <typename Element>
constexpr Parameter MakeParameter() {
  using Plain = std::remove_const_t<Element>;
  constexpr bool kWritten = !std::is_const_v<Element>;
  if constexpr (std::is_same_v<Plain, int8_t>) return {DataType::kInt8, kWritten};
  if constexpr (std::is_same_v<Plain, uint8_t>) return {DataType::kUint8, kWritten};
  if constexpr (std::is_same_v<Plain, int16_t>) return {DataType::kInt16, kWritten};
  if constexpr (std::is_same_v<Plain, int32_t>) return {DataType::kInt32, kWritten};
  if constexpr (std::is_same_v<Plain, int64_t>) return {DataType::kInt64, kWritten};
  if constexpr (std::is_same_v<Plain, float>) return {DataType::kFloat32, kWritten};
  if constexpr (std::is_same_v<Plain, void>) return {std::nullopt, kWritten};
}

// Takes a kernel apart by its type: void(const Params&, Elements*...).
template <auto kFunction, typename Type = decltype(kFunction)>
struct Signature;

template <auto kFunction, typename ParamsType, typename... Elements>
struct Signature<kFunction, void (*)(const ParamsType&, Elements*...)> {
  using Params = ParamsType;
  static constexpr std::array<Parameter, sizeof...(Elements)> kParameters = {
      MakeParameter<Elements>()...};

  static void Run(const int32_t* params, const void* const* addresses) {
    Call(params, addresses, std::index_sequence_for<Elements...>{});
  }

 private:
  template <size_t... kIndices>
  static void Call(const int32_t* values, const void* const* addresses,
                   std::index_sequence<kIndices...>) {
    Params params;
    std::memcpy(&params, values, sizeof(params));
    kFunction(params, static_cast<Elements*>(const_cast<void*>(addresses[kIndices]))...);
  }
};

template <auto kFunction>
constexpr Kernel MakeKernel(std::string_view function, std::string_view file, bool copies,
                            std::span<const std::string_view> sources = {}) {
  using Params = typename Signature<kFunction>::Params;
  static_assert(MembersComplete<Params>());
  return {function,
          ParamsTable<Params>::kName,
          file,
          ParamsTable<Params>::kMembers,
          Signature<kFunction>::kParameters,
          &Signature<kFunction>::Run,
          copies,
          sources};
}

}  // namespace kinglet::ir::internal

// Expands its arguments again and again, which lets the list below walk over a hundred members.
#define KINGLET_RESCAN(...) KINGLET_RESCAN_3(KINGLET_RESCAN_3(KINGLET_RESCAN_3(__VA_ARGS__)))
#define KINGLET_RESCAN_3(...) KINGLET_RESCAN_2(KINGLET_RESCAN_2(KINGLET_RESCAN_2(__VA_ARGS__)))
#define KINGLET_RESCAN_2(...) KINGLET_RESCAN_1(KINGLET_RESCAN_1(KINGLET_RESCAN_1(__VA_ARGS__)))
#define KINGLET_RESCAN_1(...) __VA_ARGS__
#define KINGLET_PARENTHESES ()
#define KINGLET_MEMBERS(member, ...)                                                       \
  ::kinglet::ir::internal::MakeMember<decltype(Params::member)>(#member,                   \
                                                                offsetof(Params, member)), \
      __VA_OPT__(KINGLET_MEMBERS_AGAIN KINGLET_PARENTHESES(__VA_ARGS__))
#define KINGLET_MEMBERS_AGAIN() KINGLET_MEMBERS

#define KINGLET_PARAMS(type, ...)                                                             \
  template <>                                                                                 \
  struct internal::ParamsTable<::kinglet::kernels::type> {                                    \
    using Params = ::kinglet::kernels::type;                                                  \
    static constexpr std::string_view kName = #type;                                          \
    static constexpr ParamMember kMembers[] = {KINGLET_RESCAN(KINGLET_MEMBERS(__VA_ARGS__))}; \
  }

#define KINGLET_KERNEL(name, function, file) \
  inline constexpr Kernel name =             \
      internal::MakeKernel<&::kinglet::kernels::function>(#function, file, false)
#define KINGLET_COPY_KERNEL(name, function, file) \
  inline constexpr Kernel name =                  \
      internal::MakeKernel<&::kinglet::kernels::function>(#function, file, true)
// A kernel that is defined by several files, or by one that is not portable.
#define KINGLET_KERNEL_FROM(name, function, file, sources) \
  inline constexpr Kernel name =                           \
      internal::MakeKernel<&::kinglet::kernels::function>(#function, file, false, sources)
