// a0 operation, a1 argument block; the answer comes back in a0. The three instructions are the host's sign: 32 bits wide each
// and in one page.
    .section .text.KingletSemihostingCall, "ax"
    .globl KingletSemihostingCall
    .type KingletSemihostingCall, @function
    .balign 16
    .option push
    .option norvc
KingletSemihostingCall:
    slli x0, x0, 0x1f
    ebreak
    srai x0, x0, 7
    ret
    .option pop
    .size KingletSemihostingCall, . - KingletSemihostingCall
