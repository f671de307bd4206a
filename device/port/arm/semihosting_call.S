// r0 operation, r1 argument block; the answer comes back in r0.
    .syntax unified
    .section .text.KingletSemihostingCall, "ax"
    .thumb_func
    .globl KingletSemihostingCall
    .type KingletSemihostingCall, %function
KingletSemihostingCall:
    bkpt 0xAB
    bx lr
    .size KingletSemihostingCall, . - KingletSemihostingCall
