// Arguments of kernel calls for whoever makes calls of its own: what selectors share.
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "src/base/bytes.h"
#include "src/ir/lower.h"

namespace kinglet::compile {

// The elements of a constant argument; none for kNull. Copied, since the bytes may lie at any
// address.
template <typename Element>
std::vector<Element> ElementsOf(const ir::Graph& graph, const ir::Argument& argument) {
  const Bytes& bytes =
      argument.tensor != ir::kNoTensor ? graph.tensor(argument.tensor).data : argument.data;
  std::vector<Element> elements(bytes.size() / sizeof(Element));
  if (!bytes.empty()) std::memcpy(elements.data(), bytes.data(), bytes.size());
  return elements;
}

template <typename Element>
ir::Argument ConstantArgument(std::string_view name, const std::vector<Element>& elements) {
  static_assert(sizeof(Element) == 1 || sizeof(Element) == 2 || sizeof(Element) == 4);
  ir::Argument argument;
  argument.kind = ir::Argument::Kind::kConstant;
  argument.name = name;
  argument.type = sizeof(Element) == 1   ? ir::DataType::kInt8
                  : sizeof(Element) == 2 ? ir::DataType::kInt16
                                         : ir::DataType::kInt32;
  const ByteView bytes = AsBytes(elements);
  argument.data.assign(bytes.begin(), bytes.end());
  return argument;
}

inline ir::Argument ScratchArgument(ir::DataType type, uint32_t bytes, uint32_t alignment_bytes) {
  ir::Argument argument;
  argument.kind = ir::Argument::Kind::kScratch;
  argument.name = "scratch";
  argument.type = type;
  argument.alignment_bytes = alignment_bytes;
  argument.scratch_bytes = bytes;
  return argument;
}

}  // namespace kinglet::compile
