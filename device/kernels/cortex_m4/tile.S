// The inner loops of tile.h for Armv7E-M. tile_model.cc says the same in C++.
//
// Instructions that load two words at once and addresses that step by themselves keep the loop at
// 23 instructions for 32 products. r0 to r7 are the sums: pixel m, channel c in r(2m + c).
#if defined(__ARM_FEATURE_DSP)
        .syntax unified
        .thumb

#define WEIGHT0 r8
#define WEIGHT1 r9
#define INPUT0 r10
#define INPUT1 r11
#define PACKED r12
#define TILE lr

// Places on the stack.
#define TILE_BEGIN 0
#define TILE_END 4
#define ENTRY 8
#define OUTPUT 12
#define STEP 16
#define ROUNDING 20
#define PACKED_END 24
#define FRAME 28

// Quads that the loop is unrolled to, and the bytes of one.
#define UNROLL 8
#define QUAD_BYTES 92

        .macro products first
        ldrd    INPUT0, INPUT1, [TILE], #8
        .if \first
        smuad   r0, WEIGHT0, INPUT0
        smuad   r1, WEIGHT1, INPUT0
        smuad   r2, WEIGHT0, INPUT1
        smuad   r3, WEIGHT1, INPUT1
        .else
        smlad   r0, WEIGHT0, INPUT0, r0
        smlad   r1, WEIGHT1, INPUT0, r1
        smlad   r2, WEIGHT0, INPUT1, r2
        smlad   r3, WEIGHT1, INPUT1, r3
        .endif
        ldrd    INPUT0, INPUT1, [TILE], #8
        .if \first
        smuad   r4, WEIGHT0, INPUT0
        smuad   r5, WEIGHT1, INPUT0
        smuad   r6, WEIGHT0, INPUT1
        smuad   r7, WEIGHT1, INPUT1
        .else
        smlad   r4, WEIGHT0, INPUT0, r4
        smlad   r5, WEIGHT1, INPUT0, r5
        smlad   r6, WEIGHT0, INPUT1, r6
        smlad   r7, WEIGHT1, INPUT1, r7
        .endif
        .endm

        .macro quad first
        ldrd    WEIGHT0, WEIGHT1, [PACKED], #8
        products \first
        sxtb16  WEIGHT0, WEIGHT0
        sxtb16  WEIGHT1, WEIGHT1
        products 0
        .endm

// r8: twice the bias, r9: multiplier, r10: right shift - 1, r11: rounding. SMMLAR rounds twice the
// sum's product as the reference's doubling high product does. Of halves of negative values the
// reference rounds away from zero: with 1 less, which cannot be seen in a product of 0.
        .macro scale sum, rectified
        add     \sum, r8, \sum, asr #7
        .if \rectified
        smmlar  \sum, \sum, r9, r11
        .else
        add     lr, r11, \sum, asr #31
        smmlar  \sum, \sum, r9, lr
        .endif
        asr     \sum, \sum, r10
        ssat    \sum, #8, \sum, asr #1
        .endm

        .macro channel sum0, sum1, sum2, sum3, rectified
        ldm     PACKED!, {r8, r9, r10}
        ldr     r11, [sp, #ROUNDING]
        lsl     r11, r11, r10
        scale   \sum0, \rectified
        scale   \sum1, \rectified
        scale   \sum2, \rectified
        scale   \sum3, \rectified
        .endm

        .macro conv_tile name, rectified
        .section .text.\name, "ax", %progbits
        .balign 4
        .global \name
        .type   \name, %function
        .thumb_func
\name:
        push    {r4-r11, lr}
        sub     sp, #FRAME
        ldm     r0, {r1-r7}             // tile, packed, output, quads, pairs, step, rounding
        str     r1, [sp, #TILE_BEGIN]
        add     r1, r1, r4, lsl #5
        str     r1, [sp, #TILE_END]
        str     r3, [sp, #OUTPUT]
        str     r6, [sp, #STEP]
        str     r7, [sp, #ROUNDING]
        mov     PACKED, r2
        lsl     r1, r4, #3
        add     r1, r1, #24
        mla     r1, r1, r5, r2
        str     r1, [sp, #PACKED_END]
        // The first quad stands before the loop; the loop is entered so that it ends with a whole
        // number of turns.
        sub     r4, r4, #1
        and     r4, r4, #(UNROLL - 1)
        mov     r5, #QUAD_BYTES
        mul     r4, r4, r5
        adr     r5, 2f
        orr     r5, r5, #1
        sub     r5, r5, r4
        str     r5, [sp, #ENTRY]
0:
        ldr     TILE, [sp, #TILE_BEGIN]
        quad    1
        ldr     pc, [sp, #ENTRY]
        .balign 4
1:
        .rept   UNROLL
        quad    0
        .endr
        .balign 4
2:
        ldr     WEIGHT0, [sp, #TILE_END]
        cmp     TILE, WEIGHT0
        bne     1b
        channel r0, r2, r4, r6, \rectified
        channel r1, r3, r5, r7, \rectified
        ldr     lr, [sp, #OUTPUT]
        ldr     r8, [sp, #STEP]
        strb    r0, [lr], #1
        strb    r1, [lr]
        add     r9, lr, r8
        strb    r2, [r9, #-1]
        strb    r3, [r9]
        add     r9, r9, r8
        strb    r4, [r9, #-1]
        strb    r5, [r9]
        add     r9, r9, r8
        strb    r6, [r9, #-1]
        strb    r7, [r9]
        add     lr, lr, #1
        str     lr, [sp, #OUTPUT]
        ldr     r8, [sp, #PACKED_END]
        cmp     PACKED, r8
        bne     0b
        add     sp, #FRAME
        pop     {r4-r11, pc}
        .size   \name, . - \name
        .endm

        conv_tile KingletConvTileSigned, 0
        conv_tile KingletConvTileRectified, 1

// Widens the four bytes in \x: a = (x1, x3), \x = (256 x0 + 127 - x1, 256 x2 + 127 - x3).
        .macro encode x, a, k127
        sxtb16  \a, \x, ror #8
        rev16   \x, \x
        eor     \x, \x, \k127
        .endm

        .section .text.KingletEncodeRun, "ax", %progbits
        .balign 4
        .global KingletEncodeRun
        .type   KingletEncodeRun, %function
        .thumb_func
KingletEncodeRun:                       // r0: input, r1: quads (1 or more), r2: tile
        push    {r4, lr}
        mov     r12, #0x007F007F
        tst     r1, #1
        beq     2f
1:
        ldr     r3, [r0], #4
        encode  r3, r4, r12
        str     r3, [r2, #16]
        str     r4, [r2], #32
        subs    r1, r1, #1
        beq     3f
2:
        ldr     r3, [r0], #4
        encode  r3, r4, r12
        str     r3, [r2, #16]
        str     r4, [r2], #32
        subs    r1, r1, #1
        b       1b
3:
        pop     {r4, pc}
        .size   KingletEncodeRun, . - KingletEncodeRun

        .section .text.KingletEncodePixels, "ax", %progbits
        .balign 4
        .global KingletEncodePixels
        .type   KingletEncodePixels, %function
        .thumb_func
KingletEncodePixels:                    // r0: input, r1: step, r2: quads (1 or more), r3: tile
        push    {r4-r11, lr}
        mov     r12, #0x007F007F
        add     lr, r0, r2, lsl #2      // end of the first pixel
        mov     r2, r3
        push    {lr}
        add     lr, r1, r1, lsl #1
1:
        ldr     r9, [r0, r1]
        ldr     r10, [r0, r1, lsl #1]
        ldr     r11, [r0, lr]
        ldr     r8, [r0], #4
        encode  r8, r4, r12
        encode  r9, r5, r12
        encode  r10, r6, r12
        encode  r11, r7, r12
        stm     r2!, {r4-r11}
        ldr     r4, [sp]
        cmp     r0, r4
        bne     1b
        add     sp, #4
        pop     {r4-r11, pc}
        .size   KingletEncodePixels, . - KingletEncodePixels

// Fully connected: r0 to r3 are the sums of four channels.
#define DENSE_UNROLL 4
#define DENSE_QUAD_BYTES 68

// Places on the stack, behind the copy of the job.
#define JOB_INPUT 0
#define JOB_OUTPUT 8
#define JOB_GROUPS 16
#define JOB_SCALE 20                    // multiplier, shift, rounding
#define JOB_ROUNDING 28
#define JOB_RECTIFIED 32
#define DENSE_ENTRY 36
#define DENSE_FRAME 40

        .macro dense_quad
        ldr.w   r8, [lr], #4
        ldm     PACKED!, {r4-r7}
        encode  r8, r9, r10
        smlad   r0, r4, r9, r0
        smlad   r1, r5, r9, r1
        smlad   r2, r6, r9, r2
        smlad   r3, r7, r9, r3
        sxtb16  r4, r4
        sxtb16  r5, r5
        sxtb16  r6, r6
        sxtb16  r7, r7
        smlad   r0, r4, r8, r0
        smlad   r1, r5, r8, r1
        smlad   r2, r6, r8, r2
        smlad   r3, r7, r8, r3
        .endm

// r8: multiplier, r9: right shift - 1, r10: rounding.
        .macro dense_output sum, twice_bias, rectified
        add     \sum, \twice_bias, \sum, asr #7
        .if \rectified
        smmlar  \sum, \sum, r8, r10
        .else
        add     \twice_bias, r10, \sum, asr #31
        smmlar  \sum, \sum, r8, \twice_bias
        .endif
        asr     \sum, \sum, r9
        ssat    \sum, #8, \sum, asr #1
        strb    \sum, [lr], #1
        .endm

        .macro channel_output sum, rectified
        ldm     PACKED!, {r4, r8, r9}
        ldr     r10, [sp, #JOB_ROUNDING]
        lsl     r10, r10, r9
        dense_output \sum, r4, \rectified
        .endm

        .macro dense_outputs per_channel, rectified
        .if \per_channel
        channel_output r0, \rectified
        channel_output r1, \rectified
        channel_output r2, \rectified
        channel_output r3, \rectified
        .else
        dense_output r0, r4, \rectified
        dense_output r1, r5, \rectified
        dense_output r2, r6, \rectified
        dense_output r3, r7, \rectified
        .endif
        .endm

// \per_channel: the outputs' scales stand with their biases.
        .macro dense name, per_channel
        .section .text.\name, "ax", %progbits
        .balign 4
        .global \name
        .type   \name, %function
        .thumb_func
\name:
        push    {r4-r11, lr}
        sub     sp, #DENSE_FRAME
        ldm     r0, {r1-r9}             // input, packed, output, quads, groups, multiplier, shift,
        .if \per_channel == 0           // rounding, rectified
        lsl     r8, r8, r7
        .endif
        stm     sp, {r1-r9}
        mov     PACKED, r2
        add     r11, r1, r4, lsl #2     // end of the input
        // The loop is entered so that it ends with a whole number of turns.
        and     r4, r4, #(DENSE_UNROLL - 1)
        mov     r5, #DENSE_QUAD_BYTES
        mul     r4, r4, r5
        adr     r5, 2f
        orr     r5, r5, #1
        sub     r5, r5, r4
        str     r5, [sp, #DENSE_ENTRY]
0:
        mov     r10, #0x007F007F
        movs    r0, #0
        movs    r1, #0
        movs    r2, #0
        movs    r3, #0
        ldr     lr, [sp, #JOB_INPUT]
        ldr     pc, [sp, #DENSE_ENTRY]
        .balign 4
1:
        .rept   DENSE_UNROLL
        dense_quad
        .endr
        .balign 4
2:
        cmp     lr, r11
        bne     1b
        .if \per_channel == 0
        ldm     PACKED!, {r4-r7}
        add     r8, sp, #JOB_SCALE
        ldm     r8, {r8-r10}
        .endif
        ldr     lr, [sp, #JOB_RECTIFIED]
        cmp     lr, #0
        ldr     lr, [sp, #JOB_OUTPUT]
        beq     3f
        dense_outputs \per_channel, 1
        b       4f
3:
        dense_outputs \per_channel, 0
4:
        str     lr, [sp, #JOB_OUTPUT]
        ldr     r8, [sp, #JOB_GROUPS]
        subs    r8, r8, #1
        str     r8, [sp, #JOB_GROUPS]
        bne     0b
        add     sp, #DENSE_FRAME
        pop     {r4-r11, pc}
        .size   \name, . - \name
        .endm

        dense   KingletDenseGroups, 0
        dense   KingletDenseChannels, 1
#endif
