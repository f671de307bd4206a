// A QEMU plugin that counts executed instructions and notes the count whenever one of the marked
// addresses is reached.
//
//   -plugin count.so,out=marks.bin,mark=0x1c4,mark=0x2f0
//
// Every translated block adds its length to one counter, inline, so that a run is hardly slower.
// When the instruction at a marked address is about to execute, a record of 16 bytes is appended to
// `out`: the mark's index (order of the arguments) and the number of instructions executed before
// it, two little-endian uint64. An instruction skipped by a condition counts as one.
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
enum { kNoRegisters = 0, kInlineAdd = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t,
                                           void (*)(qemu_plugin_id_t, struct qemu_plugin_tb*));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb*, int operation, void* counter,
                                              uint64_t operand);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn*, void (*)(unsigned, void*),
                                            int registers, void* user);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void*), void*);
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

// `user` holds the mark's index and how many instructions of the running block have not executed
// yet.
static void on_mark(unsigned cpu, void* user) {
  (void)cpu;
  const uintptr_t packed = (uintptr_t)user;
  const uint64_t record[2] = {packed >> 32, executed - (packed & 0xFFFFFFFFU)};
  if (fwrite(record, sizeof record, 1, out) != 1) {
    perror("count: cannot write the marks");
    exit(1);
  }
}

static void on_block(qemu_plugin_id_t id, struct qemu_plugin_tb* block) {
  (void)id;
  const size_t count = qemu_plugin_tb_n_insns(block);
  qemu_plugin_register_vcpu_tb_exec_inline(block, kInlineAdd, &executed, count);
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
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info* info, int argc, char** argv) {
  (void)info;
  for (int i = 0; i < argc; ++i) {
    if (strncmp(argv[i], "out=", 4) == 0 && out == NULL) {
      out = fopen(argv[i] + 4, "wb");
    } else if (strncmp(argv[i], "mark=", 5) == 0 && mark_count < kMarksMax) {
      marks[mark_count++] = strtoull(argv[i] + 5, NULL, 0);
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
