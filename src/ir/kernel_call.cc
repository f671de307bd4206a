// What each kernel call is made of: the members of its params, and the call itself.
#include <cstddef>
#include <cstring>

#include "src/ir/lower.h"

namespace kinglet::ir {
namespace {

struct FieldPlace {
  std::string_view name;
  size_t offset;
};

// The names of a params struct's members; kComplete proves at compile time that none is missing or
// out of order.
template <typename Params>
struct FieldTable;

#define KINGLET_FIELD(name) \
  { #name, offsetof(Params, name) }
#define KINGLET_FIELD_TABLE(type, ...)                     \
  template <>                                              \
  struct FieldTable<kernels::type> {                       \
    using Params = kernels::type;                          \
    static constexpr FieldPlace kPlaces[] = {__VA_ARGS__}; \
  }

KINGLET_FIELD_TABLE(Conv2dParams, KINGLET_FIELD(batches), KINGLET_FIELD(input_h),
                    KINGLET_FIELD(input_w), KINGLET_FIELD(input_c), KINGLET_FIELD(output_h),
                    KINGLET_FIELD(output_w), KINGLET_FIELD(output_c), KINGLET_FIELD(filter_h),
                    KINGLET_FIELD(filter_w), KINGLET_FIELD(groups), KINGLET_FIELD(stride_h),
                    KINGLET_FIELD(stride_w), KINGLET_FIELD(dilation_h), KINGLET_FIELD(dilation_w),
                    KINGLET_FIELD(pad_top), KINGLET_FIELD(pad_left),
                    KINGLET_FIELD(input_zero_point), KINGLET_FIELD(output_zero_point),
                    KINGLET_FIELD(activation_min), KINGLET_FIELD(activation_max));

KINGLET_FIELD_TABLE(DepthwiseConv2dParams, KINGLET_FIELD(batches), KINGLET_FIELD(input_h),
                    KINGLET_FIELD(input_w), KINGLET_FIELD(input_c), KINGLET_FIELD(output_h),
                    KINGLET_FIELD(output_w), KINGLET_FIELD(depth_multiplier),
                    KINGLET_FIELD(filter_h), KINGLET_FIELD(filter_w), KINGLET_FIELD(stride_h),
                    KINGLET_FIELD(stride_w), KINGLET_FIELD(dilation_h), KINGLET_FIELD(dilation_w),
                    KINGLET_FIELD(pad_top), KINGLET_FIELD(pad_left),
                    KINGLET_FIELD(input_zero_point), KINGLET_FIELD(output_zero_point),
                    KINGLET_FIELD(activation_min), KINGLET_FIELD(activation_max));

KINGLET_FIELD_TABLE(FullyConnectedParams, KINGLET_FIELD(batches), KINGLET_FIELD(input_size),
                    KINGLET_FIELD(output_size), KINGLET_FIELD(input_zero_point),
                    KINGLET_FIELD(output_zero_point), KINGLET_FIELD(multiplier),
                    KINGLET_FIELD(shift), KINGLET_FIELD(activation_min),
                    KINGLET_FIELD(activation_max));

KINGLET_FIELD_TABLE(FullyConnectedPerChannelParams, KINGLET_FIELD(batches),
                    KINGLET_FIELD(input_size), KINGLET_FIELD(output_size),
                    KINGLET_FIELD(input_zero_point), KINGLET_FIELD(output_zero_point),
                    KINGLET_FIELD(activation_min), KINGLET_FIELD(activation_max));

KINGLET_FIELD_TABLE(AddParams, KINGLET_FIELD(count), KINGLET_FIELD(input1_zero_point),
                    KINGLET_FIELD(input1_multiplier), KINGLET_FIELD(input1_shift),
                    KINGLET_FIELD(input2_zero_point), KINGLET_FIELD(input2_multiplier),
                    KINGLET_FIELD(input2_shift), KINGLET_FIELD(output_zero_point),
                    KINGLET_FIELD(output_multiplier), KINGLET_FIELD(output_shift),
                    KINGLET_FIELD(activation_min), KINGLET_FIELD(activation_max));

KINGLET_FIELD_TABLE(AveragePool2dParams, KINGLET_FIELD(batches), KINGLET_FIELD(input_h),
                    KINGLET_FIELD(input_w), KINGLET_FIELD(output_h), KINGLET_FIELD(output_w),
                    KINGLET_FIELD(channels), KINGLET_FIELD(filter_h), KINGLET_FIELD(filter_w),
                    KINGLET_FIELD(stride_h), KINGLET_FIELD(stride_w), KINGLET_FIELD(pad_top),
                    KINGLET_FIELD(pad_left), KINGLET_FIELD(activation_min),
                    KINGLET_FIELD(activation_max));

KINGLET_FIELD_TABLE(MaxPool2dParams, KINGLET_FIELD(batches), KINGLET_FIELD(input_h),
                    KINGLET_FIELD(input_w), KINGLET_FIELD(output_h), KINGLET_FIELD(output_w),
                    KINGLET_FIELD(channels), KINGLET_FIELD(filter_h), KINGLET_FIELD(filter_w),
                    KINGLET_FIELD(stride_h), KINGLET_FIELD(stride_w), KINGLET_FIELD(pad_top),
                    KINGLET_FIELD(pad_left), KINGLET_FIELD(activation_min),
                    KINGLET_FIELD(activation_max));

KINGLET_FIELD_TABLE(ReshapeParams, KINGLET_FIELD(count));

KINGLET_FIELD_TABLE(SoftmaxParams, KINGLET_FIELD(rows), KINGLET_FIELD(depth),
                    KINGLET_FIELD(input_multiplier), KINGLET_FIELD(input_left_shift),
                    KINGLET_FIELD(diff_min));

#undef KINGLET_FIELD_TABLE
#undef KINGLET_FIELD

template <typename Params>
constexpr bool FieldsComplete() {
  size_t offset = 0;
  for (const FieldPlace& place : FieldTable<Params>::kPlaces) {
    if (place.offset != offset) return false;
    offset += sizeof(int32_t);
  }
  return offset == sizeof(Params);
}

// Calls the kernel of each kind of params with typed pointers.
class Runner {
 public:
  explicit Runner(const std::vector<const void*>& addresses) : addresses_(addresses) {}

  void operator()(const kernels::Conv2dParams& p) const {
    kernels::Conv2d(p, Int8(0), Int8(1), Int32(2), Int32(3), Int8(4), Output(5));
  }
  void operator()(const kernels::DepthwiseConv2dParams& p) const {
    kernels::DepthwiseConv2d(p, Int8(0), Int8(1), Int32(2), Int32(3), Int8(4), Output(5));
  }
  void operator()(const kernels::FullyConnectedParams& p) const {
    kernels::FullyConnected(p, Int8(0), Int8(1), Int32(2), Output(3));
  }
  void operator()(const kernels::FullyConnectedPerChannelParams& p) const {
    kernels::FullyConnectedPerChannel(p, Int8(0), Int8(1), Int32(2), Int32(3), Int8(4), Output(5));
  }
  void operator()(const kernels::AddParams& p) const {
    kernels::Add(p, Int8(0), Int8(1), Output(2));
  }
  void operator()(const kernels::AveragePool2dParams& p) const {
    kernels::AveragePool2d(p, Int8(0), Output(1));
  }
  void operator()(const kernels::MaxPool2dParams& p) const {
    kernels::MaxPool2d(p, Int8(0), Output(1));
  }
  void operator()(const kernels::ReshapeParams& p) const {
    kernels::Reshape(p, Int8(0), Output(1));
  }
  void operator()(const kernels::SoftmaxParams& p) const {
    kernels::Softmax(p, Int8(0), Output(1));
  }

 private:
  const int8_t* Int8(size_t i) const { return static_cast<const int8_t*>(addresses_[i]); }
  const int32_t* Int32(size_t i) const { return static_cast<const int32_t*>(addresses_[i]); }
  int8_t* Output(size_t i) const { return const_cast<int8_t*>(Int8(i)); }

  const std::vector<const void*>& addresses_;
};

}  // namespace

std::vector<Field> ParamFields(const KernelParams& params) {
  return std::visit(
      [](const auto& p) {
        using Params = std::decay_t<decltype(p)>;
        static_assert(FieldsComplete<Params>());
        std::vector<Field> fields;
        for (const FieldPlace& place : FieldTable<Params>::kPlaces) {
          Field field{place.name, 0};
          std::memcpy(&field.value, reinterpret_cast<const char*>(&p) + place.offset,
                      sizeof(field.value));
          fields.push_back(field);
        }
        return fields;
      },
      params);
}

void RunKernel(const KernelCall& call, const std::vector<const void*>& addresses) {
  KINGLET_ASSERT(addresses.size() == call.arguments.size());
  std::visit(Runner(addresses), call.params);
}

}  // namespace kinglet::ir
