// The inner loops of taps.h for Helium. taps_model.cc says the same in C++.
#if defined(__ARM_FEATURE_MVE)
        .syntax unified
        .thumb

// Members of KingletBand, which r11 points to; the clamp is the first.
#define JOB r11
#define INPUT 48                        // and strip
#define INPUT_COLUMNS 56                // and input step
#define OFFSETS 64
#define WINDOWS 80
#define WINDOWS_END 84
#define STEPS 88                        // of windows and outputs
#define OUTPUTS 96
#define PACKED 104
#define QUADS 108
#define HAS_OUTSIDE 112
#define INSIDE 116                      // and outside

// Members of a group of packed.
#define MULTIPLIERS 16
#define SHIFTS 32
#define TAPS 52
#define QUAD_BYTES 116

// The strip of one group: columns of four words, a row each.
        .macro fill_strip
        ldrd    r0, r9, [JOB, #INPUT]
        ldrd    r12, r10, [JOB, #INPUT_COLUMNS]
        add     r1, JOB, #OFFSETS
        ldm     r1, {r1-r4}
        dls     lr, r12
1:
        ldr     r5, [r0, r1]
        ldr     r6, [r0, r2]
        ldr     r7, [r0, r3]
        ldr     r8, [r0, r4]
        stm     r9!, {r5-r8}
        add     r0, r0, r10
        le      lr, 1b
        ldr     r0, [JOB, #HAS_OUTSIDE]
        cmp     r0, #0
        beq     3f
        add     r1, JOB, #INSIDE
        vldmia  r1, {d0-d3}
        ldr     r9, [JOB, #INPUT + 4]
        dls     lr, r12
2:
        vldrw.32 q2, [r9]
        vand    q2, q2, q0
        vorr    q2, q2, q1
        vstrw.32 q2, [r9], #16
        le      lr, 2b
3:
        .endm

// r1: window, r3: taps of channel 0, r5 and r7: outputs 1 and 0, r9: the group of packed.
        .macro channel index, sum0, sum1, weights0, weights1, rows
        vldrb.8 \weights0, [r3, #16 * \index]
        .if \rows == 2
        vldrb.8 \weights1, [r3, #16 * \index - 1]
        .endif
        vmladava.s8 \sum0, q\index, \weights0
        .if \rows == 2
        vmladava.s8 \sum1, q\index, \weights1
        .endif
        .endm

        .macro scale x, signed
        vqrdmulh.s32 \x, \x, q2
        .if \signed
        vshr.s32 q7, \x, #31
        vqadd.s32 \x, \x, q7
        .endif
        vrshl.s32 \x, \x, q3
        vadd.i32 \x, \x, q4
        vmax.s32 \x, \x, q5
        vmin.s32 \x, \x, q6
        .endm

        .macro band name, rows, signed
        .section .text.\name, "ax", %progbits
        .balign 4
        .global \name
        .type   \name, %function
        .thumb_func
\name:
        push    {r4-r11, lr}
        sub     sp, #4
        vpush   {d8-d15}
        mov     JOB, r0
0:
        fill_strip
        ldr     r1, [JOB, #WINDOWS]
        ldrd    r7, r5, [JOB, #OUTPUTS]
        ldr     r9, [JOB, #PACKED]
        add     r3, r9, #TAPS
4:
        ldm     r9, {r0, r2, r4, r6}
        .if \rows == 2
        ldm     r9, {r8, r10, r12, lr}
        .endif
        vld40.8 {q0, q1, q2, q3}, [r1]
        vld41.8 {q0, q1, q2, q3}, [r1]
        vld42.8 {q0, q1, q2, q3}, [r1]
        vld43.8 {q0, q1, q2, q3}, [r1]
        channel 0, r0, r8, q4, q5, \rows
        channel 1, r2, r10, q6, q7, \rows
        channel 2, r4, r12, q4, q5, \rows
        channel 3, r6, lr, q6, q7, \rows
        vmov    q0[2], q0[0], r0, r4
        vmov    q0[3], q0[1], r2, r6
        vldrw.32 q2, [r9, #MULTIPLIERS]
        vldrw.32 q3, [r9, #SHIFTS]
        vldmia  JOB, {d8-d13}           // zero point, minimum, maximum
        .if \rows == 2
        vmov    q1[2], q1[0], r8, r12
        vmov    q1[3], q1[1], r10, lr
        scale   q1, \signed
        vstrb.32 q1, [r5]
        .endif
        scale   q0, \signed
        vstrb.32 q0, [r7]
        ldrd    r0, r2, [JOB, #STEPS]
        ldr     r4, [JOB, #WINDOWS_END]
        add     r1, r1, r0
        .if \rows == 2
        add     r5, r5, r2
        .endif
        add     r7, r7, r2
        cmp     r1, r4
        bne     4b
        // The group before.
        ldr     r0, [JOB, #INPUT]
        sub     r0, r0, #4
        str     r0, [JOB, #INPUT]
        ldrd    r0, r1, [JOB, #OUTPUTS]
        sub     r0, r0, #4
        sub     r1, r1, #4
        strd    r0, r1, [JOB, #OUTPUTS]
        add     r9, r9, #QUAD_BYTES
        ldr     r0, [JOB, #QUADS]
        subs    r0, r0, #1
        strd    r9, r0, [JOB, #PACKED]
        bne     0b
        vpop    {d8-d15}
        add     sp, #4
        pop     {r4-r11, pc}
        .size   \name, . - \name
        .endm

        band KingletBandOfTwoRows, 2, 1
        band KingletBandOfOneRow, 1, 1
        band KingletBandOfTwoRowsRectified, 2, 0
        band KingletBandOfOneRowRectified, 1, 0
#endif
