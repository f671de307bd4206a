// Reset entry and trap handler for RV32, machine mode.
    .option arch, +zicsr
    .section .kinglet.entry, "ax"
    .globl KingletReset
KingletReset:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, kinglet_stack_top
    la t0, KingletTrap
    csrw mtvec, t0
    j KingletStart

    .balign 4
KingletTrap:
    la sp, kinglet_stack_top
    j KingletFault
