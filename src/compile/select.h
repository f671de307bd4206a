// From the portable kernel calls of a lowered model to the calls that a target makes: its best
// kernel for each, with weights packed as that kernel reads them.
#pragma once

#include <string>
#include <vector>

#include "src/compile/target.h"
#include "src/ir/lower.h"

namespace kinglet::compile {

// `portable` are the calls of `graph`, as ir::Lower made them. A kernel's requirements on the shape
// decide; what the target has no kernel for stays portable. For speed, kernels that take more flash
// are chosen layer by layer while the target's flash lasts.
std::vector<ir::KernelCall> SelectKernels(const ir::Graph& graph,
                                          const std::vector<ir::KernelCall>& portable,
                                          const Target& target);

// The device files that declare and define a kernel: "device/kernels/conv_2d.h".
std::string KernelHeader(const ir::Kernel& kernel);
std::vector<std::string> KernelSources(const ir::Kernel& kernel);

}  // namespace kinglet::compile
