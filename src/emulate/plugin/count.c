// A QEMU plugin that counts executed instructions, and on request estimates their cycles, and notes
// the counts whenever one of the marked addresses is reached.
//
//   -plugin count.so,out=marks.bin,mark=0x1c4,mark=0x2f0
//   -plugin count.so,out=marks.bin,mark=0x1c4,timing=timing.bin,flash_begin=0,flash_end=0x400000
//
// Every translated block adds its length to one counter, inline, so that a run is hardly slower.
// When the instruction at a marked address is about to execute, a record of 32 bytes is appended to
// `out`, four little-endian uint64: the mark's index (order of the arguments), the instructions
// executed before it, their cycles in sixteenths, and the bytes that they loaded from flash (both 0
// without `timing`). An instruction skipped by a condition counts as one.
//
// `timing` is a file of struct Timing, sorted by address: what each instruction costs alone or
// behind the one before it. A block's cycles are worked out when it is translated; when its last
// instruction is a conditional branch and the run goes on right behind it, the saving is taken off
// again. The plugin knows nothing of instruction sets; src/emulate/timing.cc makes the file.
//
// The prototypes are those of QEMU's plugin interface, version 1; Debian ships the interface
// without its header.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { kNoRegisters = 0, kInlineAdd = 0, kLoadsAndStores = 3 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t,
                                           void (*)(qemu_plugin_id_t, struct qemu_plugin_tb*));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb*, int operation, void* counter,
                                              uint64_t operand);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn*, void (*)(unsigned, void*),
                                            int registers, void* user);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void*), void*);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb*, void (*)(unsigned, void*),
                                          int registers, void* user);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn*,
                                      void (*)(unsigned, uint32_t, uint64_t, void*), int registers,
                                      int access, void* user);
unsigned qemu_plugin_mem_size_shift(uint32_t);
bool qemu_plugin_mem_is_store(uint32_t);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn*);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb*);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb*, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn*);

#define EXPORTED __attribute__((visibility("default")))
EXPORTED extern const int qemu_plugin_version;
EXPORTED int qemu_plugin_install(qemu_plugin_id_t, const struct qemu_info*, int, char**);
const int qemu_plugin_version = 1;

enum { kMarksMax = 64 };
static uint64_t marks[kMarksMax];
static size_t mark_count;
static uint64_t executed;  // includes the whole of the block that is running
static FILE* out;

// As written by src/emulate/timing.cc. Costs are sixteenths of a cycle.
struct Timing {
  uint32_t address;
  uint16_t first;   // at the beginning of a block
  uint16_t next;    // behind the instruction before it
  uint16_t saving;  // of a conditional branch that is not taken
  uint16_t pairs;   // 1: may execute in the same cycle as the one before it, at no cost of its own
};
enum { kCycle = 16, kTimingsMax = 1 << 20 };
static struct Timing* timings;
static size_t timing_count;
static uint64_t cycles;  // sixteenths; includes the whole of the block that is running
static uint64_t flash_bytes, flash_begin, flash_end;

// A translated block: where the next instruction behind it lies, and what it saves to go on there.
struct Block {
  uint64_t begin, end;
  uint64_t saving;
  struct Block* older;
};
static struct Block* blocks;
static const struct Block* running;

// `user` holds the mark's index and how many instructions of the running block have not executed
// yet.
static void on_mark(unsigned cpu, void* user) {
  (void)cpu;
  const uintptr_t packed = (uintptr_t)user;
  const uint64_t record[4] = {packed >> 32, executed - (packed & 0xFFFFFFFFU), cycles, flash_bytes};
  if (fwrite(record, sizeof record, 1, out) != 1) {
    perror("count: cannot write the marks");
    exit(1);
  }
}

static const struct Timing* timing_of(uint64_t address) {
  size_t low = 0;
  size_t high = timing_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (timings[middle].address == address) return &timings[middle];
    if (timings[middle].address < address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return NULL;
}

static void on_block_run(unsigned cpu, void* user) {
  (void)cpu;
  const struct Block* const block = user;
  if (running != NULL && running->end == block->begin) cycles -= running->saving;
  running = block;
}

static void on_access(unsigned cpu, uint32_t info, uint64_t address, void* user) {
  (void)cpu;
  (void)user;
  if (address >= flash_begin && address < flash_end && !qemu_plugin_mem_is_store(info)) {
    flash_bytes += 1U << qemu_plugin_mem_size_shift(info);
  }
}

static void time_block(struct qemu_plugin_tb* block, size_t count) {
  struct Block* const b = calloc(1, sizeof *b);
  if (b == NULL || count == 0) exit(1);
  uint64_t sum = 0;
  bool second = false;  // in its cycle
  for (size_t i = 0; i < count; ++i) {
    struct qemu_plugin_insn* const instruction = qemu_plugin_tb_get_insn(block, i);
    const uint64_t address = qemu_plugin_insn_vaddr(instruction);
    const struct Timing* const timing = timing_of(address);
    second = timing != NULL && timing->pairs != 0 && i > 0 && !second;
    if (timing == NULL) {
      sum += kCycle;
    } else if (!second) {
      sum += i == 0 ? timing->first : timing->next;
    }
    if (i == 0) b->begin = address;
    b->end = address + qemu_plugin_insn_size(instruction);
    b->saving = timing != NULL ? timing->saving : 0;
    qemu_plugin_register_vcpu_mem_cb(instruction, on_access, kNoRegisters, kLoadsAndStores, NULL);
  }
  b->older = blocks;
  blocks = b;
  qemu_plugin_register_vcpu_tb_exec_inline(block, kInlineAdd, &cycles, sum);
  qemu_plugin_register_vcpu_tb_exec_cb(block, on_block_run, kNoRegisters, b);
}

static void on_block(qemu_plugin_id_t id, struct qemu_plugin_tb* block) {
  (void)id;
  const size_t count = qemu_plugin_tb_n_insns(block);
  qemu_plugin_register_vcpu_tb_exec_inline(block, kInlineAdd, &executed, count);
  if (timings != NULL) time_block(block, count);
  for (size_t i = 0; i < count; ++i) {
    struct qemu_plugin_insn* const instruction = qemu_plugin_tb_get_insn(block, i);
    const uint64_t address = qemu_plugin_insn_vaddr(instruction);
    for (size_t m = 0; m < mark_count; ++m) {
      if (marks[m] != address) continue;
      const uintptr_t packed = ((uintptr_t)m << 32) | (uintptr_t)(count - i);
      qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_mark, kNoRegisters, (void*)packed);
    }
  }
}

static void on_end(qemu_plugin_id_t id, void* user) {
  (void)id;
  (void)user;
  if (fclose(out) != 0) perror("count: cannot write the marks");
  while (blocks != NULL) {
    struct Block* const older = blocks->older;
    free(blocks);
    blocks = older;
  }
  free(timings);
}

static bool read_timings(const char* path) {
  FILE* const file = fopen(path, "rb");
  timings = calloc(kTimingsMax, sizeof *timings);
  if (file == NULL || timings == NULL) return false;
  timing_count = fread(timings, sizeof *timings, kTimingsMax, file);
  return fclose(file) == 0 && timing_count > 0;
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info* info, int argc, char** argv) {
  (void)info;
  for (int i = 0; i < argc; ++i) {
    if (strncmp(argv[i], "out=", 4) == 0 && out == NULL) {
      out = fopen(argv[i] + 4, "wb");
    } else if (strncmp(argv[i], "mark=", 5) == 0 && mark_count < kMarksMax) {
      marks[mark_count++] = strtoull(argv[i] + 5, NULL, 0);
    } else if (strncmp(argv[i], "flash_begin=", 12) == 0) {
      flash_begin = strtoull(argv[i] + 12, NULL, 0);
    } else if (strncmp(argv[i], "flash_end=", 10) == 0) {
      flash_end = strtoull(argv[i] + 10, NULL, 0);
    } else if (strncmp(argv[i], "timing=", 7) == 0 && timings == NULL) {
      if (!read_timings(argv[i] + 7)) {
        fprintf(stderr, "count: cannot read %s\n", argv[i] + 7);
        return 1;
      }
    } else {
      fprintf(stderr, "count: cannot use argument '%s'\n", argv[i]);
      return 1;
    }
  }
  if (out == NULL) {
    fprintf(stderr, "count: out=FILE is missing or cannot be written\n");
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_block);
  qemu_plugin_register_atexit_cb(id, on_end, NULL);
  return 0;
}
