// The inner loops of winograd.h for Armv7E-M. winograd_model.cc says the same in C++.
#if defined(__ARM_FEATURE_DSP)
        .syntax unified
        .thumb

// r0: the four channels of the tile's first pixel, r1: row, r2: pixel, r3: transform, r4: bytes of
// a row of positions, r12: three rows. r5 to r8: rows of column \a, r9 to lr: of column \b.
        .macro column to0, to1, to2, to3, x, half
        .if \x == 0
        mov     \to3, r0
        .elseif \x == 1
        add     \to3, r0, r2
        .elseif \x == 2
        add     \to3, r0, r2, lsl #1
        .else
        add     \to3, r0, r2
        add     \to3, \to3, r2, lsl #1
        .endif
        ldr     \to0, [\to3]
        ldr     \to1, [\to3, r1]
        ldr     \to2, [\to3, r1, lsl #1]
        ldr     \to3, [\to3, r12]
        .if \half
        sxtb16  \to0, \to0, ror #8
        sxtb16  \to1, \to1, ror #8
        sxtb16  \to2, \to2, ror #8
        sxtb16  \to3, \to3, ror #8
        .else
        sxtb16  \to0, \to0
        sxtb16  \to1, \to1
        sxtb16  \to2, \to2
        sxtb16  \to3, \to3
        .endif
        .endm

// Column \j of the positions: \operation of columns \a and \b, then the same transform downwards.
        .macro positions j, a, b, operation, half
        column  r5, r6, r7, r8, \a, \half
        column  r9, r10, r11, lr, \b, \half
        \operation r5, r5, r9
        \operation r6, r6, r10
        \operation r7, r7, r11
        \operation r8, r8, lr
        ssub16  r9, r5, r7
        sadd16  r10, r6, r7
        ssub16  r11, r7, r6
        ssub16  lr, r6, r8
        .if \j == 0
        mov     r5, r3
        .elseif \j == 1
        add     r5, r3, r4, lsr #2
        .elseif \j == 2
        add     r5, r3, r4, lsr #1
        .else
        add     r5, r3, r4, lsr #1
        add     r5, r5, r4, lsr #2
        .endif
        str     r9, [r5]
        str     r10, [r5, r4]
        str     r11, [r5, r4, lsl #1]
        add     r5, r5, r4, lsl #1
        str     lr, [r5, r4]
        .endm

        .macro half_of_quad half
        positions 0, 0, 2, ssub16, \half
        positions 1, 1, 2, sadd16, \half
        positions 2, 2, 1, ssub16, \half
        positions 3, 1, 3, ssub16, \half
        add     r3, r3, #8
        .endm

        .section .text.KingletWinogradTransform, "ax", %progbits
        .balign 4
        .global KingletWinogradTransform
        .type   KingletWinogradTransform, %function
        .thumb_func
KingletWinogradTransform:
        push    {r4-r11, lr}
        ldm     r0, {r0-r4}             // patch, row, pixel, quads, transform
        mov     r5, r3
        mov     r3, r4
        lsl     r4, r5, #6              // four positions of two pairs of two tiles, in bytes
        add     r12, r1, r1, lsl #1
        add     r5, r0, r5, lsl #2
        push    {r5}
0:
        half_of_quad 0
        half_of_quad 1
        add     r0, r0, #4
        ldr     r5, [sp]
        cmp     r0, r5
        bne     0b
        add     sp, #4
        pop     {r4-r11, pc}
        .size   KingletWinogradTransform, . - KingletWinogradTransform

#define WEIGHT0 r8
#define WEIGHT1 r9
#define INPUT0 r10
#define INPUT1 r11
#define PACKED r12
#define TRANSFORM lr

// Places on the stack.
#define TRANSFORM_BEGIN 0
#define OUTPUT 8
#define GROUPS 16
#define PIXEL_STEP 20
#define ROW_STEP 24
#define ROUNDING 28
#define SUMS_BEGIN 32
#define SUMS 36
#define POSITION_END 40
#define POSITION_BYTES 44
#define TRANSFORM_END 48
#define ENTRY 52
#define CHANNELS_LEFT 56
#define FRAME 60

#define UNROLL 8
#define STEP_BYTES 44

// Tile t, channel c in r(4t + c).
        .macro step first
        ldrd    INPUT0, INPUT1, [TRANSFORM], #8
        ldrd    WEIGHT0, WEIGHT1, [PACKED], #8
        .if \first
        smuad   r0, WEIGHT0, INPUT0
        smuad   r1, WEIGHT1, INPUT0
        smuad   r4, WEIGHT0, INPUT1
        smuad   r5, WEIGHT1, INPUT1
        .else
        smlad   r0, WEIGHT0, INPUT0, r0
        smlad   r1, WEIGHT1, INPUT0, r1
        smlad   r4, WEIGHT0, INPUT1, r4
        smlad   r5, WEIGHT1, INPUT1, r5
        .endif
        ldrd    WEIGHT0, WEIGHT1, [PACKED], #8
        .if \first
        smuad   r2, WEIGHT0, INPUT0
        smuad   r3, WEIGHT1, INPUT0
        smuad   r6, WEIGHT0, INPUT1
        smuad   r7, WEIGHT1, INPUT1
        .else
        smlad   r2, WEIGHT0, INPUT0, r2
        smlad   r3, WEIGHT1, INPUT0, r3
        smlad   r6, WEIGHT0, INPUT1, r6
        smlad   r7, WEIGHT1, INPUT1, r7
        .endif
        .endm

// Column \j of the positions of one output: \upper = m0 + m1 + m2, \lower = m1 - m2 - m3. r0: sums.
        .macro load_column j, offset, upper, lower, t0, t1
        ldr     \t0, [r0, #(\offset + 32 * (\j + 4))]
        ldr     \t1, [r0, #(\offset + 32 * (\j + 8))]
        ldr     \upper, [r0, #(\offset + 32 * \j)]
        ldr     \lower, [r0, #(\offset + 32 * (\j + 12))]
        add     \upper, \upper, \t0
        add     \upper, \upper, \t1
        sub     \t0, \t0, \t1
        sub     \lower, \t0, \lower
        .endm

// From four times the sum. r1: twice the bias, r2: multiplier, r3: right shift - 1, r4: rounding.
        .macro scale sum
        add     \sum, r1, \sum, asr #1
        smmulr  \sum, \sum, r2
        add     \sum, \sum, \sum, asr #31
        add     \sum, \sum, r4
        asr     \sum, \sum, r3
        ssat    \sum, #8, \sum, asr #1
        .endm

// One channel of one tile. r5 to r8: pixels 00, 01, 10, 11.
        .macro tile_output offset, tile
        load_column 0, \offset, r5, r7, r9, r10
        load_column 1, \offset, r6, r8, r9, r10
        add     r5, r5, r6
        add     r7, r7, r8
        load_column 2, \offset, r9, lr, r10, r11
        add     r5, r5, r9
        sub     r6, r6, r9
        add     r7, r7, lr
        sub     r8, r8, lr
        load_column 3, \offset, r9, lr, r10, r11
        sub     r6, r6, r9
        sub     r8, r8, lr
        scale   r5
        scale   r6
        scale   r7
        scale   r8
        ldr     r9, [sp, #OUTPUT]
        ldr     r10, [sp, #PIXEL_STEP]
        ldr     r11, [sp, #ROW_STEP]
        .if \tile
        add     r9, r9, r10, lsl #1
        .endif
        strb    r5, [r9]
        strb    r6, [r9, r10]
        add     r9, r9, r11
        strb    r7, [r9]
        strb    r8, [r9, r10]
        .endm

        .section .text.KingletWinogradProducts, "ax", %progbits
        .balign 4
        .global KingletWinogradProducts
        .type   KingletWinogradProducts, %function
        .thumb_func
KingletWinogradProducts:
        push    {r4-r11, lr}
        sub     sp, #FRAME
        ldm     r0, {r1-r9}             // transform, packed, output, pairs, groups, pixel step,
        stm     sp, {r1-r9}             // row step, rounding, sums
        mov     PACKED, r2
        lsl     r5, r4, #3
        str     r5, [sp, #POSITION_BYTES]
        add     r6, r1, r5, lsl #4
        str     r6, [sp, #TRANSFORM_END]
        // The first step stands before the loop; the loop is entered so that it ends with a whole
        // number of turns.
        sub     r4, r4, #1
        and     r4, r4, #(UNROLL - 1)
        mov     r5, #STEP_BYTES
        mul     r4, r4, r5
        adr     r5, 3f
        orr     r5, r5, #1
        sub     r5, r5, r4
        str     r5, [sp, #ENTRY]
0:                                      // four output channels
        ldr     TRANSFORM, [sp, #TRANSFORM_BEGIN]
        ldr     r8, [sp, #SUMS_BEGIN]
        str     r8, [sp, #SUMS]
        ldr     r8, [sp, #POSITION_BYTES]
        add     r8, r8, TRANSFORM
        str     r8, [sp, #POSITION_END]
1:                                      // a position
        step    1
        ldr     pc, [sp, #ENTRY]
        .balign 4
2:
        .rept   UNROLL
        step    0
        .endr
        .balign 4
3:
        ldr     r8, [sp, #POSITION_END]
        cmp     TRANSFORM, r8
        bne     2b
        ldr     r9, [sp, #POSITION_BYTES]
        add     r9, r9, r8
        str     r9, [sp, #POSITION_END]
        ldr     r9, [sp, #SUMS]
        stm     r9!, {r0-r7}
        str     r9, [sp, #SUMS]
        ldr     r9, [sp, #TRANSFORM_END]
        cmp     r8, r9
        bne     1b
        ldr     r0, [sp, #SUMS_BEGIN]
        mov     r5, #4
        str     r5, [sp, #CHANNELS_LEFT]
4:                                      // an output channel
        ldm     PACKED!, {r1, r2, r3}
        ldr     r4, [sp, #ROUNDING]
        lsl     r4, r4, r3
        tile_output 0, 0
        tile_output 16, 1
        add     r0, r0, #4
        ldr     r5, [sp, #OUTPUT]
        add     r5, r5, #1
        str     r5, [sp, #OUTPUT]
        ldr     r5, [sp, #CHANNELS_LEFT]
        subs    r5, r5, #1
        str     r5, [sp, #CHANNELS_LEFT]
        bne     4b
        ldr     r5, [sp, #GROUPS]
        subs    r5, r5, #1
        str     r5, [sp, #GROUPS]
        bne     0b
        add     sp, #FRAME
        pop     {r4-r11, pc}
        .size   KingletWinogradProducts, . - KingletWinogradProducts
#endif
