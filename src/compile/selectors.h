// The kernels of each set. A selector takes a portable call and returns the call of its own kernel
// for the same operator, with weights packed as that kernel reads them, or nothing when the kernel
// cannot do this shape, these types or these weights. Internal to SelectKernels: one file of
// src/compile/<set>/ for each kernel.
#pragma once

#include <optional>

#include "src/ir/graph.h"
#include "src/ir/lower.h"

namespace kinglet::compile {

using Selector = std::optional<ir::KernelCall> (*)(const ir::Graph&, const ir::KernelCall&);

namespace cortex_m4 {
std::optional<ir::KernelCall> SelectAdd(const ir::Graph& graph, const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectAveragePool2d(const ir::Graph& graph,
                                                  const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectConv2d(const ir::Graph& graph, const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectDepthwiseConv2d(const ir::Graph& graph,
                                                    const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectFullyConnected(const ir::Graph& graph,
                                                   const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectWinogradConv2d(const ir::Graph& graph,
                                                   const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectMaxPool2d(const ir::Graph& graph, const ir::KernelCall& call);
}  // namespace cortex_m4

namespace helium {
std::optional<ir::KernelCall> SelectAdd(const ir::Graph& graph, const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectAveragePool2d(const ir::Graph& graph,
                                                  const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectMaxPool2d(const ir::Graph& graph, const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectConv2d(const ir::Graph& graph, const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectDepthwiseConv2d(const ir::Graph& graph,
                                                    const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectFullyConnected(const ir::Graph& graph,
                                                   const ir::KernelCall& call);
}  // namespace helium

// For Armv6-M and RV32IMC.
namespace lanes {
std::optional<ir::KernelCall> SelectAdd(const ir::Graph& graph, const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectConv2d(const ir::Graph& graph, const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectDepthwiseConv2d(const ir::Graph& graph,
                                                    const ir::KernelCall& call);
std::optional<ir::KernelCall> SelectFullyConnected(const ir::Graph& graph,
                                                   const ir::KernelCall& call);
}  // namespace lanes

}  // namespace kinglet::compile
