#include "src/emulate/timing.h"

#include <gtest/gtest.h>

namespace kinglet::emulate {
namespace {

// Costs that are all different, so that one taken for another shows.
board::Timing Distinct() {
  board::Timing t;
  t.other = 1;
  t.load = 2;
  t.load_next = 1.5;
  t.load_use = 0.25;
  t.address_use = 0.5;
  t.store = 3;
  t.transfer = 4;
  t.multiply = 5;
  t.multiply_use = 0.125;
  t.multiply_long = 6;
  t.divide = 12;
  t.branch = 7;
  t.call = 8;
  t.branch_register = 9;
  t.return_load = 10;
  t.loop_end = 0.75;
  t.float_multiply_add = 11;
  t.float_divide = 14;
  t.vector = 13;
  return t;
}

// Cycles of the last of `lines` behind those before it.
double Last(const std::vector<std::string>& lines, InstructionSet set = InstructionSet::kArm) {
  std::string text = "\nx.elf:     file format\n\n00000000 <f>:\n";
  uint32_t address = 0;
  for (const std::string& line : lines) text += fmt::format("  {:x}:\t{}\n", address += 4, line);
  const auto times = TimeInstructions(text, set, Distinct());
  EXPECT_EQ(times.size(), lines.size());
  return times.empty() ? 0 : (lines.size() == 1 ? times[0].first : times.back().next) / 16.0;
}

double RiscvLast(const std::vector<std::string>& lines) {
  return Last(lines, InstructionSet::kRiscv);
}

TEST(Timing, TellsTheKindsOfArmInstructionsApart) {
  EXPECT_EQ(Last({"adds\tr3, r1, r2"}), 1);
  EXPECT_EQ(Last({"it\tne"}), 1);
  EXPECT_EQ(Last({"ldrsb.w\tr2, [r12, #1]!"}), 2);
  EXPECT_EQ(Last({"ldrne\tr2, [r1]"}), 2);
  EXPECT_EQ(Last({"vldr\ts14, [r3, #8]"}), 2);
  EXPECT_EQ(Last({"ldr.w\tr15, [r13], #4"}), 12);
  EXPECT_EQ(Last({"strb\tr2, [r1, #3]\t; comment, r4"}), 3);
  EXPECT_EQ(Last({"push\t{r4, r5, r14}"}), 7);
  EXPECT_EQ(Last({"stmdb\tr13!, {r4-r11, r14}"}), 13);
  EXPECT_EQ(Last({"ldrd\tr2, r3, [r1]"}), 6);
  EXPECT_EQ(Last({"pop\t{r4, r15}"}), 16);
  EXPECT_EQ(Last({"smlad\tr0, r1, r2, r3"}), 5);
  EXPECT_EQ(Last({"muls\tr0, r1"}), 5);
  EXPECT_EQ(Last({"smull\tr0, r1, r2, r3"}), 6);
  EXPECT_EQ(Last({"udiv\tr0, r1, r2"}), 12);
  EXPECT_EQ(Last({"b.n\t1c4 <f+0x10>"}), 7);
  EXPECT_EQ(Last({"bne.n\t1c4 <f+0x10>"}), 7);
  EXPECT_EQ(Last({"bls.n\t1c4 <f+0x10>"}), 7);
  EXPECT_EQ(Last({"cbz\tr0, 1c4 <f+0x10>"}), 7);
  EXPECT_EQ(Last({"bl\t1c4 <g>"}), 8);
  EXPECT_EQ(Last({"blx\tr3"}), 9);
  EXPECT_EQ(Last({"bx\tr14"}), 9);
  EXPECT_EQ(Last({"bic.w\tr0, r1, r2"}), 1);
  EXPECT_EQ(Last({"letp\tlr, 1c4 <f+0x10>"}), 0.75);
  EXPECT_EQ(Last({"vmla.f32\ts0, s1, s2"}), 11);
  EXPECT_EQ(Last({"vdiv.f32\ts0, s1, s2"}), 14);
  EXPECT_EQ(Last({"vldrb.s16\tq0, [r0], #8"}), 13);
  EXPECT_EQ(Last({"vmladava.s8\tr4, q0, q1"}), 13);
}

TEST(Timing, TellsTheKindsOfRiscvInstructionsApart) {
  EXPECT_EQ(RiscvLast({"addi\tx10,x10,1"}), 1);
  EXPECT_EQ(RiscvLast({"lb\tx15,0(x10)"}), 2);
  EXPECT_EQ(RiscvLast({"c.lwsp\tx8,12(x2)"}), 2);
  EXPECT_EQ(RiscvLast({"sb\tx15,0(x10)"}), 3);
  EXPECT_EQ(RiscvLast({"mul\tx15,x14,x13"}), 5);
  EXPECT_EQ(RiscvLast({"mulhu\tx15,x14,x13"}), 6);
  EXPECT_EQ(RiscvLast({"div\tx15,x14,x13"}), 12);
  EXPECT_EQ(RiscvLast({"c.j\t1c4 <f>"}), 7);
  EXPECT_EQ(RiscvLast({"bne\tx15,x14,1c4 <f>"}), 7);
  EXPECT_EQ(RiscvLast({"c.beqz\tx15,1c4 <f>"}), 7);
  EXPECT_EQ(RiscvLast({"jal\tx1,1c4 <f>"}), 8);
  EXPECT_EQ(RiscvLast({"jalr\tx0,0(x1)"}), 9);
  EXPECT_EQ(RiscvLast({"c.jr\tx1"}), 9);
}

TEST(Timing, NeighboursWaitForEachOther) {
  EXPECT_EQ(Last({"ldr\tr1, [r0]", "ldr\tr2, [r0, #4]"}), 1.5);
  EXPECT_EQ(Last({"ldr\tr1, [r0]", "ldr\tr2, [r1]"}), 2.25) << "its address was loaded just before";
  EXPECT_EQ(Last({"ldr\tr1, [r0]", "adds\tr3, r1, r2"}), 1.25);
  EXPECT_EQ(Last({"ldr\tr1, [r0]", "adds\tr1, #1"}), 1.25);
  EXPECT_EQ(Last({"ldr\tr1, [r0]", "movs\tr1, #1"}), 1);
  EXPECT_EQ(Last({"adds\tr0, r0, r1", "ldr\tr2, [r0]"}), 2.5);
  EXPECT_EQ(Last({"adds\tr0, r0, r1", "str\tr0, [r2]"}), 3);
  EXPECT_EQ(Last({"mul\tr0, r1, r2", "adds\tr3, r0, r1"}), 1.125);
  EXPECT_EQ(RiscvLast({"lb\tx15,0(x10)", "mul\tx14,x15,x13"}), 5.25);
}

TEST(Timing, OnlyAConditionalBranchSavesByNotBeingTaken) {
  const auto saving = [](const std::string& line) {
    return TimeInstructions("  4:\t" + line + "\n", InstructionSet::kArm, Distinct())[0].saving;
  };
  EXPECT_EQ(saving("bne.n\t1c4 <f>"), 6 * 16);
  EXPECT_EQ(saving("cbnz\tr1, 1c4 <f>"), 6 * 16);
  EXPECT_EQ(saving("b.n\t1c4 <f>"), 0);
  EXPECT_EQ(saving("bl\t1c4 <f>"), 0);
}

TEST(Timing, APairMustBeIndependentAndOfDifferentUnits) {
  board::Timing timing = Distinct();
  const auto pairs = [&](const std::string& a, const std::string& b) {
    return TimeInstructions("  4:\t" + a + "\n  8:\t" + b + "\n", InstructionSet::kArm, timing)[1]
               .pairs == 1;
  };
  EXPECT_FALSE(pairs("adds\tr0, r1, r2", "adds\tr3, r4, r5")) << "one at a time";
  timing.issue_width = 2;
  EXPECT_TRUE(pairs("adds\tr0, r1, r2", "adds\tr3, r4, r5"));
  EXPECT_TRUE(pairs("ldr\tr0, [r1]", "smlad\tr3, r4, r5, r6"));
  EXPECT_TRUE(pairs("cmp\tr0, r1", "bne.n\t1c4 <f>"));
  EXPECT_FALSE(pairs("adds\tr0, r1, r2", "adds\tr3, r0, r5"));
  EXPECT_FALSE(pairs("ldr\tr0, [r1]", "ldr\tr2, [r1, #4]"));
  EXPECT_FALSE(pairs("smlad\tr0, r1, r2, r0", "smlad\tr3, r4, r5, r3"));
  EXPECT_FALSE(pairs("bne.n\t1c4 <f>", "adds\tr3, r4, r5"));
}

TEST(Timing, LeavesOutWhatIsNoInstruction) {
  EXPECT_TRUE(TimeInstructions("\nDisassembly of section .text:\n\n00000100 <f>:\n"
                               "  104:\t.word\t0x20000000\n  zz:\tadds\tr0, r1\n  108:\n",
                               InstructionSet::kArm, Distinct())
                  .empty());
}

}  // namespace
}  // namespace kinglet::emulate
