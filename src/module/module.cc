#include "src/module/module.h"

#include <fmt/format.h>

#include <bit>
#include <nlohmann/json.hpp>

#include "device/runtime/module.h"
#include "src/base/hash.h"
#include "src/emulate/firmware.h"

namespace kinglet::module {
namespace {

using emulate::Firmware;
using format::ModuleHeader;
using format::ModuleTensor;
using nlohmann::ordered_json;

constexpr char kEntry[] = "kinglet_module_invoke";
constexpr char kEntryFile[] = "module_entry.cc";

std::string EntryText(const std::string& name) {
  return fmt::format(
      "#include \"model.h\"\n"
      "extern \"C\" void {0}(uint8_t* arena);\n"
      "void {0}(uint8_t* arena) {{ {1}::Invoke(arena); }}\n",
      kEntry, name);
}

Result<emulate::MovableCode> BuildCode(const compile::CompiledModel& model,
                                       const board::Board& board) {
  KINGLET_TRY(Firmware firmware, Firmware::Start(board, "-O2", Firmware::CodeKind::kMovable));
  KINGLET_CHECK(firmware.Add(model.files));
  KINGLET_CHECK(firmware.Add({{kEntryFile, EntryText(model.name)}}));
  std::vector<std::string> sources = model.sources;
  sources.emplace_back(kEntryFile);
  return firmware.LinkMovable(kEntry, sources);
}

runtime::ElementType ElementOf(ir::DataType type) {
  switch (type) {
    case ir::DataType::kInt8:
      break;
    case ir::DataType::kUint8:
      return runtime::ElementType::kUint8;
    case ir::DataType::kInt16:
      return runtime::ElementType::kInt16;
    case ir::DataType::kInt32:
      return runtime::ElementType::kInt32;
    case ir::DataType::kInt64:
      return runtime::ElementType::kInt64;
    case ir::DataType::kFloat32:
      return runtime::ElementType::kFloat32;
    case ir::DataType::kBool:
      return runtime::ElementType::kBool;
  }
  return runtime::ElementType::kInt8;
}

struct Meaning {
  float scale = 1;
  int32_t zero_point = 0;
};

Meaning MeaningOf(const ir::Tensor& tensor) {
  const ir::Quantization& q = tensor.quantization;
  return q.present() ? Meaning{q.scales[0], q.zero_points[0]} : Meaning{};
}

// Header, tables and shapes: what lies before the code, up to a multiple of the alignment.
class Tables {
 public:
  Tables(const compile::CompiledModel& model) {
    const ir::Graph& graph = model.graph;
    Add(graph, graph.inputs, model.numbers.input_offsets);
    Add(graph, graph.outputs, model.numbers.output_offsets);
  }

  uint32_t bytes() const {
    constexpr uint32_t kAlign = format::kModuleAlignmentBytes;
    return (ShapesOffset() + static_cast<uint32_t>(sizes_.size()) * 4 + kAlign - 1) / kAlign *
           kAlign;
  }

  void Write(Bytes& module) const {
    uint8_t* to = module.data() + sizeof(ModuleHeader);
    for (ModuleTensor tensor : tensors_) {
      tensor.shape_offset += ShapesOffset();
      std::memcpy(to, &tensor, sizeof tensor);
      to += sizeof tensor;
    }
    if (!sizes_.empty()) std::memcpy(to, sizes_.data(), sizes_.size() * 4);
  }

 private:
  uint32_t ShapesOffset() const {
    return static_cast<uint32_t>(sizeof(ModuleHeader) + tensors_.size() * sizeof(ModuleTensor));
  }

  // Shapes' offsets count from the first shape until Write.
  void Add(const ir::Graph& graph, const std::vector<ir::TensorIndex>& tensors,
           const std::vector<uint32_t>& offsets) {
    for (size_t i = 0; i < tensors.size(); ++i) {
      const ir::Tensor& tensor = graph.tensor(tensors[i]);
      const auto [scale, zero_point] = MeaningOf(tensor);
      KINGLET_ASSERT(tensor.shape.size() <= format::kModuleRankMax);
      tensors_.push_back({.element_type = static_cast<uint8_t>(ElementOf(tensor.type)),
                          .rank = static_cast<uint8_t>(tensor.shape.size()),
                          .reserved = 0,
                          .shape_offset = static_cast<uint32_t>(sizes_.size()) * 4,
                          .scale = scale,
                          .zero_point = zero_point,
                          .arena_offset = offsets[i],
                          .bytes = static_cast<uint32_t>(tensor.ByteCount())});
      sizes_.insert(sizes_.end(), tensor.shape.begin(), tensor.shape.end());
    }
  }

  std::vector<ModuleTensor> tensors_;
  std::vector<int32_t> sizes_;
};

ModuleHeader MakeHeader(const compile::CompiledModel& model, const board::Core& core,
                        const emulate::MovableCode& code, uint32_t code_offset) {
  const auto code_bytes = static_cast<uint32_t>(code.bytes.size());
  const ir::Graph& graph = model.graph;
  return {.magic = format::kModuleMagic,
          .abi_version = format::kModuleAbiVersion,
          .header_bytes = sizeof(ModuleHeader),
          .module_bytes = code_offset + code_bytes,
          .core_id = format::CoreId(core.name.c_str()),
          .interface_hash = InterfaceHash(graph),
          .model_id = Fnv1a32(AsBytes(model.digest)),
          .arena_bytes = static_cast<uint32_t>(model.numbers.arena_bytes),
          .code_offset = code_offset,
          .code_bytes = code_bytes,
          .invoke_offset = code_offset + code.entry_offset,
          .inputs_offset = sizeof(ModuleHeader),
          .outputs_offset = static_cast<uint32_t>(sizeof(ModuleHeader) +
                                                  graph.inputs.size() * sizeof(ModuleTensor)),
          .input_count = static_cast<uint16_t>(graph.inputs.size()),
          .output_count = static_cast<uint16_t>(graph.outputs.size()),
          .reserved = 0,
          .crc32 = 0};
}

ordered_json TensorsJson(const ir::Graph& graph, const std::vector<ir::TensorIndex>& tensors,
                         const std::vector<uint32_t>& offsets) {
  auto rows = ordered_json::array();
  for (size_t i = 0; i < tensors.size(); ++i) {
    const ir::Tensor& tensor = graph.tensor(tensors[i]);
    const auto [scale, zero_point] = MeaningOf(tensor);
    rows.push_back({{"name", tensor.name},
                    {"type", ir::DataTypeName(tensor.type)},
                    {"shape", tensor.shape},
                    {"scale", scale},
                    {"zero_point", zero_point},
                    {"arena_offset", offsets[i]},
                    {"bytes", tensor.ByteCount()}});
  }
  return rows;
}

std::string JsonText(const compile::CompiledModel& model, const board::Core& core,
                     const ModuleHeader& header) {
  const ordered_json json = {
      {"file", "model.kmod"},
      {"name", model.name},
      {"core", core.name},
      {"core_id", fmt::format("{:#010x}", header.core_id)},
      {"abi_version", header.abi_version},
      {"interface_hash", fmt::format("{:#018x}", header.interface_hash)},
      {"model_id", fmt::format("{:#010x}", header.model_id)},
      {"crc32", fmt::format("{:#010x}", header.crc32)},
      {"module_bytes", header.module_bytes},
      {"code_bytes", header.code_bytes},
      {"arena_bytes", header.arena_bytes},
      {"alignment_bytes", format::kModuleAlignmentBytes},
      {"inputs", TensorsJson(model.graph, model.graph.inputs, model.numbers.input_offsets)},
      {"outputs", TensorsJson(model.graph, model.graph.outputs, model.numbers.output_offsets)}};
  // Names come from outside and may be no UTF-8.
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

constexpr char kHostHeader[] =
    R"(// Generated by kinglet. What firmware must know of the modules that it takes.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "device/runtime/module.h"

namespace {name} {{

// Of the module that came with this header. Firmware that leaves room takes larger ones later.
inline constexpr size_t kArenaBytes = {arena};
inline constexpr size_t kModuleBytes = {module};

inline constexpr kinglet::runtime::ModuleHost kModuleHost = {{
    kinglet::format::CoreId("{core}"),
    {hash:#018x}U,  // types, shapes, scales and zero points of inputs and outputs
    kArenaBytes,
}};

}}  // namespace {name}
)";

constexpr char kReadme[] = R"(# {name}

`model.kmod` is a model with its kernels for the core {core}: {module} bytes that run wherever they lie, in flash
or RAM, at a multiple of {alignment} bytes. It needs {arena} bytes of memory for activations. `model.json` tells its
inputs and outputs. A module with the same `interface_hash` can take its place without new firmware.

## Use

Compile `device/runtime/module.cc` into the firmware, with this folder as include path.

```cpp
#include "module_host.h"

alignas(kinglet::format::kModuleAlignmentBytes) static uint8_t arena[{name}::kArenaBytes];

kinglet::runtime::Module module;
if (kinglet::runtime::LoadModule(bytes, size, {name}::kModuleHost, &module) ==
    kinglet::runtime::ModuleStatus::kOk) {{
  const auto input = kinglet::runtime::ModuleInput(module, 0);    // write input.bytes bytes at
  module.invoke(arena);                                           // arena + input.offset_bytes
  const auto output = kinglet::runtime::ModuleOutput(module, 0);  // before each inference
}}
```

`LoadModule` checks everything once: length, version, core, interface, checksum, every offset. The checksum finds
damage, not malice: sign what you install. After a copy to RAM, a core with caches must clean its data cache and
invalidate its instruction cache.
)";

// Whether the loader takes it, which reads modules at multiples of their alignment.
bool Loads(const Bytes& module, const ModuleHeader& header) {
  struct alignas(format::kModuleAlignmentBytes) Block {
    uint8_t bytes[format::kModuleAlignmentBytes];
  };
  std::vector<Block> memory(module.size() / sizeof(Block) + 1);
  std::memcpy(memory.data(), module.data(), module.size());
  runtime::Module loaded;
  return runtime::LoadModule(memory[0].bytes, module.size(),
                             {header.core_id, header.interface_hash, header.arena_bytes},
                             &loaded) == runtime::ModuleStatus::kOk;
}

template <size_t kLength>
std::string Filled(const char (&pattern)[kLength], const compile::CompiledModel& model,
                   const board::Core& core, const ModuleHeader& header) {
  return fmt::format(fmt::runtime(pattern), fmt::arg("name", model.name),
                     fmt::arg("core", core.name), fmt::arg("arena", header.arena_bytes),
                     fmt::arg("module", header.module_bytes),
                     fmt::arg("hash", header.interface_hash),
                     fmt::arg("alignment", format::kModuleAlignmentBytes));
}

}  // namespace

uint64_t InterfaceHash(const ir::Graph& graph) {
  std::string text = fmt::format("module interface {}\n", format::kModuleAbiVersion);
  for (const auto& [role, tensors] :
       {std::pair{"input", &graph.inputs}, std::pair{"output", &graph.outputs}}) {
    for (const ir::TensorIndex index : *tensors) {
      const ir::Tensor& tensor = graph.tensor(index);
      const auto [scale, zero_point] = MeaningOf(tensor);
      text += fmt::format("{} {}", role, ir::DataTypeName(tensor.type));
      for (const int32_t size : tensor.shape) text += fmt::format(" {}", size);
      text += fmt::format(", {:08x} {}\n", std::bit_cast<uint32_t>(scale), zero_point);
    }
  }
  return LoadLe<uint64_t>(HashBytes(AsBytes(text)).bytes, 0);
}

Result<Module> BuildModule(const compile::CompiledModel& model, const board::Board& board) {
  KINGLET_ASSERT(model.numbers.arena_alignment_bytes <= format::kModuleAlignmentBytes);
  if (ir::HasState(model.graph)) {
    return Fail(Code::kUnsupported, "{}: the model has memory, which modules cannot reset; {}",
                model.name, "compile it without --module");
  }
  KINGLET_TRY(const emulate::MovableCode code, BuildCode(model, board));
  if (code.alignment_bytes > format::kModuleAlignmentBytes) {
    return Fail(Code::kInvalid, "{}: code aligned to {} B, modules lie at multiples of {}",
                model.name, code.alignment_bytes, format::kModuleAlignmentBytes);
  }
  const Tables tables(model);
  Module module;
  module.header = MakeHeader(model, board.core, code, tables.bytes());
  Bytes& bytes = module.bytes;
  bytes.resize(tables.bytes());
  tables.Write(bytes);
  bytes.insert(bytes.end(), code.bytes.begin(), code.bytes.end());
  std::memcpy(bytes.data(), &module.header, sizeof(ModuleHeader));
  module.header.crc32 = format::ModuleCrc(bytes.data(), bytes.size());
  std::memcpy(bytes.data(), &module.header, sizeof(ModuleHeader));

  KINGLET_ASSERT(Loads(bytes, module.header));

  KINGLET_TRY(module.files, compile::ReadDeviceSources({"device/runtime/module.cc"}));
  module.files["model.kmod"] = std::string(AsText(bytes));
  module.files["model.json"] = JsonText(model, board.core, module.header);
  module.files["module_host.h"] = Filled(kHostHeader, model, board.core, module.header);
  module.files["README.md"] = Filled(kReadme, model, board.core, module.header);
  return module;
}

}  // namespace kinglet::module
