// The inner loops of sum.h for Helium. sum_model.cc says the same in C++.
#if defined(__ARM_FEATURE_MVE)
        .syntax unified
        .thumb

// Rounds halves away from zero with the vector in q2.
        .macro scale x, multiplier, shift
        vqrdmulh.s32 \x, \x, \multiplier
        vshr.s32 q2, \x, #31
        vqadd.s32 \x, \x, q2
        vrshl.s32 \x, \shift
        .endm

        .macro sum name, alike
        .section .text.\name, "ax", %progbits
        .balign 4
        .global \name
        .type   \name, %function
        .thumb_func
\name:
        push    {r4-r10, lr}
        vpush   {d8-d15}
        vldmia  r0!, {d6-d11}           // q3: zero point, q4: minimum, q5: maximum
        ldm     r0, {r1-r10}
        vmov.i32 q6, #0x80000
        vmov.i32 q7, #0x100000
        dlstp.32 lr, r10
1:
        vldrb.s32 q1, [r2], #4
        vldrb.s32 q0, [r1], #4
        .if \alike
        vadd.i32 q0, q0, q1
        vmlas.s32 q0, q6, r4
        .else
        vmlas.s32 q1, q7, r5
        scale   q1, r6, r7
        vmlas.s32 q0, q6, r4
        vadd.i32 q0, q0, q1
        .endif
        scale   q0, r8, r9
        vadd.i32 q0, q0, q3
        vmax.s32 q0, q0, q4
        vmin.s32 q0, q0, q5
        vstrb.32 q0, [r3], #4
        letp    lr, 1b
        vpop    {d8-d15}
        pop     {r4-r10, pc}
        .size   \name, . - \name
        .endm

        sum     KingletSumScaled, 0
        sum     KingletSumAlike, 1

        .section .text.KingletSumVector, "ax", %progbits
        .balign 4
        .global KingletSumVector
        .type   KingletSumVector, %function
        .thumb_func
KingletSumVector:                       // r0: job, r1: sums
        push    {r4-r7, lr}
        ldm     r0, {r2-r6}             // input, rows, columns, steps
        vmov.i32 q0, #0
0:
        dls     lr, r4
        mov     r7, r2
1:
        vldrb.s16 q1, [r7]
        vadd.i16 q0, q0, q1
        add     r7, r7, r6
        le      lr, 1b
        add     r2, r2, r5
        subs    r3, r3, #1
        bne     0b
        vstrh.16 q0, [r1]
        pop     {r4-r7, pc}
        .size   KingletSumVector, . - KingletSumVector

        .section .text.KingletMaxVector, "ax", %progbits
        .balign 4
        .global KingletMaxVector
        .type   KingletMaxVector, %function
        .thumb_func
KingletMaxVector:
        push    {r4-r10, lr}
        ldm     r0, {r1-r9}             // input, output, rows, columns, steps, channels, min, max
0:
        vctp.8  r7
        vdup.8  q0, r8
        mov     r10, r1
        mov     r0, r3
1:
        dls     lr, r4
        mov     r12, r10
2:
        vpst
        vldrbt.8 q1, [r12]
        vmax.s8 q0, q0, q1
        add     r12, r12, r6
        le      lr, 2b
        add     r10, r10, r5
        subs    r0, r0, #1
        bne     1b
        vdup.8  q1, r9
        vmin.s8 q0, q0, q1
        vpst
        vstrbt.8 q0, [r2], #16
        add     r1, r1, #16
        subs    r7, r7, #16
        bgt     0b
        pop     {r4-r10, pc}
        .size   KingletMaxVector, . - KingletMaxVector
#endif
