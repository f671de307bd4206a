// The inner loops of strip.h for Armv7E-M. strip_model.cc says the same in C++.
#if defined(__ARM_FEATURE_DSP)
        .syntax unified
        .thumb

        .macro function name
        .section .text.\name, "ax", %progbits
        .balign 4
        .global \name
        .type   \name, %function
        .thumb_func
\name:
        .endm

        function KingletWidenRows       // eight columns at a time, all rows of them
        push    {r4-r11, lr}
        ldm     r0, {r1-r7}             // input, step, row step, rows, columns, strip, pitch
        mul     r4, r4, r7
        add     r8, r2, r2, lsl #1      // 3, 5 and 7 steps
        add     r9, r2, r2, lsl #2
        rsb     r10, r2, r2, lsl #3
1:
        push    {r1, r5, r6}
        cmp     r5, #8
        it      gt
        movgt   r5, #8
        adr     r12, 2f
        orr     r12, r12, #1
        sub     r12, r12, r5, lsl #3    // the code of a column has 8 bytes
        mov     r0, r1
        mov     r11, r6
        add     lr, r6, r4
        bx      r12
        .balign 4
        ldrsb.w r1, [r0, r10]
        strh.w  r1, [r11, #14]
        ldrsb.w r1, [r0, r8, lsl #1]
        strh.w  r1, [r11, #12]
        ldrsb.w r1, [r0, r9]
        strh.w  r1, [r11, #10]
        ldrsb.w r1, [r0, r2, lsl #2]
        strh.w  r1, [r11, #8]
        ldrsb.w r1, [r0, r8]
        strh.w  r1, [r11, #6]
        ldrsb.w r1, [r0, r2, lsl #1]
        strh.w  r1, [r11, #4]
        ldrsb.w r1, [r0, r2]
        strh.w  r1, [r11, #2]
        ldrsb.w r1, [r0]
        strh.w  r1, [r11]
2:
        add     r0, r0, r3
        add     r11, r11, r7
        cmp     r11, lr
        beq     3f
        bx      r12
3:
        pop     {r1, r5, r6}
        subs    r5, r5, #8
        add     r1, r1, r2, lsl #3
        add     r6, r6, #16
        bgt     1b
        pop     {r4-r11, pc}
        .size   KingletWidenRows, . - KingletWidenRows

        function KingletMoveDown        // r0: to, r1: from, r2: quads
        push    {r4-r6, lr}
1:
        ldm     r1!, {r3-r6}
        subs    r2, r2, #1
        stm     r0!, {r3-r6}
        bne     1b
        pop     {r4-r6, pc}
        .size   KingletMoveDown, . - KingletMoveDown

// Places on the stack: a copy of the job.
#define WEIGHTS 0
#define SCALE 24                        // multiplier, shift
#define ROUNDING 32                     // rounding, rectified or where to go on: 8: or 4:
#define OUTPUT 40                       // output, step
#define BIAS 48
#define LIMIT 52                        // limit, window
#define ROW_STEP 60                     // row step, end
#define TAPS 72                         // taps, end of taps
#define TRIPLES 80                      // triples, bytes from behind a row of a window to the next
#define ROW_GAP 84
#define TILE_WINDOW 88
#define FRAME 92

// Sums are r0 and up, a row's weights r6 and r7, its words r8 to r11, the window r12.

// \first: the sums begin with the bias, which is in a register of its own or in the last sum.
        .macro even_output sum, a, b, first, bias
        .if \first
        smlad   \sum, \a, r6, \bias
        .else
        smlad   \sum, \a, r6, \sum
        .endif
        smlabt  \sum, \b, r7, \sum
        .endm
        .macro odd_output sum, a, b, first, bias
        .if \first
        smlatb  \sum, \a, r6, \bias
        .else
        smlatb  \sum, \a, r6, \sum
        .endif
        smlad   \sum, \b, r7, \sum
        .endm

        .macro row count, stride, index, first
        ldrd    r6, r7, [sp, #(WEIGHTS + 8 * \index)]
        .if \stride == 1
        .if \count > 4
        ldm     r12, {r8-r11}
        .else
        ldm     r12, {r8-r10}
        .endif
        .if \count == 6
        even_output r0, r8, r9, \first, r5
        odd_output r1, r8, r9, \first, r5
        even_output r2, r9, r10, \first, r5
        odd_output r3, r9, r10, \first, r5
        even_output r4, r10, r11, \first, r5
        odd_output r5, r10, r11, \first, r5
        .elseif \count == 5
        even_output r0, r8, r9, \first, r5
        odd_output r1, r8, r9, \first, r5
        even_output r2, r9, r10, \first, r5
        odd_output r3, r9, r10, \first, r5
        even_output r4, r10, r11, \first, r5
        .elseif \count == 4
        even_output r0, r8, r9, \first, r5
        odd_output r1, r8, r9, \first, r5
        even_output r2, r9, r10, \first, r5
        odd_output r3, r9, r10, \first, r5
        .else
        even_output r0, r8, r9, \first, r5
        odd_output r1, r8, r9, \first, r5
        even_output r2, r9, r10, \first, r5
        .endif
        .elseif \count == 6
        ldm     r12!, {r8-r11}
        even_output r0, r8, r9, \first, r5
        even_output r1, r9, r10, \first, r5
        even_output r2, r10, r11, \first, r5
        ldm     r12, {r8-r10}
        even_output r3, r11, r8, \first, r5
        even_output r4, r8, r9, \first, r5
        even_output r5, r9, r10, \first, r5
        .elseif \count == 4
        ldm     r12, {r5, r8-r11}
        even_output r0, r5, r8, \first, r4
        even_output r1, r8, r9, \first, r4
        even_output r2, r9, r10, \first, r4
        even_output r3, r10, r11, \first, r4
        .else
        ldm     r12, {r8-r11}
        even_output r0, r8, r9, \first, r5
        even_output r1, r9, r10, \first, r5
        even_output r2, r10, r11, \first, r5
        .endif
        .endm

// r6: multiplier, r7: right shift - 1, r8: rounding. SMMLAR rounds the product of twice the sum as
// the reference's doubling high product does. Of halves of negative values the reference rounds
// away from zero: with 1 less.
        .macro scale sum, rectified
        .if \rectified
        smmlar  \sum, \sum, r6, r8
        .else
        add     r9, r8, \sum, asr #31
        smmlar  \sum, \sum, r6, r9
        .endif
        asr     \sum, \sum, r7
        ssat    \sum, #8, \sum, asr #1
        .endm
        .macro scale_all count, rectified
        scale   r0, \rectified
        scale   r1, \rectified
        scale   r2, \rectified
        .if \count > 3
        scale   r3, \rectified
        .endif
        .if \count > 4
        scale   r4, \rectified
        .endif
        .if \count > 5
        scale   r5, \rectified
        .endif
        .endm

        .macro scale_sums count
        ldrd    r6, r7, [sp, #SCALE]
        ldrd    r8, r11, [sp, #ROUNDING]
        bx      r11
8:
        scale_all \count, 1
3:
        ldrd    r9, r10, [sp, #OUTPUT]
        .endm
// Stands behind the function.
        .macro scale_signed count
4:
        scale_all \count, 0
        b       3b
        .endm

// r9: output, r10: step. Leaves the flags alone.
        .macro store count
        strb    r0, [r9]
        strb    r1, [r9, r10]
        strb    r2, [r9, r10, lsl #1]
        .if \count > 4
        strb    r4, [r9, r10, lsl #2]
        .endif
        add     r9, r9, r10
        .if \count > 3
        strb    r3, [r9, r10, lsl #1]
        .endif
        .if \count == 3
        add     r9, r9, r10, lsl #1
        .elseif \count == 4
        add     r9, r9, r10
        add     r9, r9, r10, lsl #1
        .elseif \count == 5
        add     r9, r9, r10, lsl #2
        .else
        strb    r5, [r9, r10, lsl #2]
        add     r9, r9, r10
        add     r9, r9, r10, lsl #2
        .endif
        str     r9, [sp, #OUTPUT]
        .endm

// One of the last outputs of a row, r11 bytes of the strip before the tile's end.
        .macro store_part sum, left, stride
        strb    \sum, [r9]
        add     r9, r9, r10
        cmp     r11, #(2 * \stride * \left)
        beq     6f
        .endm

// To the next tile (0:) of the row or the next row; r12: window of the tile behind this.
        .macro finish count, stride
        ldr     r11, [sp, #LIMIT]
        cmp     r12, r11
        bhi     5f
        store   \count
        blo     0b
        b       7f
5:
        sub     r11, r12, r11
        .if \count == 6
        store_part r0, 5, \stride
        store_part r1, 4, \stride
        store_part r2, 3, \stride
        store_part r3, 2, \stride
        strb    r4, [r9]
        .else
        store_part r0, 3, \stride
        store_part r1, 2, \stride
        strb    r2, [r9]
        .endif
        add     r9, r9, r10
6:
        str     r9, [sp, #OUTPUT]
7:
        ldrd    r6, r7, [sp, #LIMIT]
        ldrd    r8, r9, [sp, #ROW_STEP]
        add     r6, r6, r8
        add     r12, r7, r8
        strd    r6, r12, [sp, #LIMIT]
        cmp     r12, r9
        bne     0b
        .endm

// Leaves limit, window, row step, end and tap row step in r5 to r9.
        .macro enter
        push    {r4-r11, lr}
        sub     sp, #FRAME
        mov     r12, sp
        ldm     r0!, {r1-r9}
        stm     r12!, {r1-r9}
        ldm     r0!, {r1-r9}
        stm     r12!, {r1-r9}
        adr.w   r2, 8f
        adr.w   r3, 4f
        cmp     r1, #0
        it      eq
        moveq   r2, r3
        orr     r2, r2, #1
        str     r2, [sp, #(ROUNDING + 4)]
        .endm

// Three rows of taps. \single: rows of \count outputs.
        .macro three_rows name, count, stride, single
        function \name
        enter
        mov     lr, r9                  // tap row step
        .if \count == 6 && \stride == 2
        sub     lr, lr, #16
        .endif
        .if \single
        sub     r1, r7, lr, lsl #1      // from the last row of a window to the next window
        str     r1, [sp, #ROW_STEP]
        .endif
        mov     r12, r6
        .if \count == 4 && \stride == 2
        ldr     r4, [sp, #BIAS]
        .else
        ldr     r5, [sp, #BIAS]
        .endif
0:
        .if \count == 6
        ldr     r5, [sp, #BIAS]
        .endif
        row     \count, \stride, 0, 1
        add     r12, r12, lr
        row     \count, \stride, 1, 0
        add     r12, r12, lr
        row     \count, \stride, 2, 0
        scale_sums \count
        .if \single
        store   \count
        ldrd    r6, r7, [sp, #ROW_STEP]
        add     r12, r12, r6
        cmp     r12, r7
        bne     0b
        .else
        sub     r12, r12, lr, lsl #1
        .if \count == 6 && \stride == 2
        sub     r12, r12, #24           // 48 bytes of words were read
        .else
        add     r12, r12, #(2 * \stride * \count)
        .endif
        finish  \count, \stride
        .endif
        add     sp, #FRAME
        pop     {r4-r11, pc}
        scale_signed \count
        .size   \name, . - \name
        .endm

        three_rows KingletDepthwise6, 6, 1, 0
        three_rows KingletDepthwise5, 5, 1, 1
        three_rows KingletDepthwise4, 4, 1, 0
        three_rows KingletDepthwise3, 3, 1, 1
        three_rows KingletDepthwise6Stride2, 6, 2, 0
        three_rows KingletDepthwise4Stride2, 4, 2, 0
        three_rows KingletDepthwise3Stride2, 3, 2, 1

// Any number of triples, four outputs together. r4: triples left in the row, r5: bytes to the next
// row, r11: triples, lr: their end.
        .macro any_filter name, stride
        function \name
        enter
        ldm     r0, {r1-r3}
        stm     r12, {r1-r3}
        sub     r9, r9, r3, lsl #2
        str     r9, [sp, #ROW_GAP]
        mov     r12, r6
0:
        str     r12, [sp, #TILE_WINDOW]
        ldr     r0, [sp, #BIAS]
        mov     r1, r0
        mov     r2, r0
        mov     r3, r0
        ldrd    r11, lr, [sp, #TAPS]
1:
        ldrd    r4, r5, [sp, #TRIPLES]
2:
        ldrd    r6, r7, [r11], #8
        ldm     r12, {r8-r10}
        .if \stride == 1
        even_output r0, r8, r9, 0
        odd_output r1, r8, r9, 0
        even_output r2, r9, r10, 0
        odd_output r3, r9, r10, 0
        .else
        even_output r0, r8, r9, 0
        even_output r1, r9, r10, 0
        ldrd    r8, r9, [r12, #12]
        even_output r2, r10, r8, 0
        even_output r3, r8, r9, 0
        .endif
        add     r12, r12, #4
        subs    r4, r4, #1
        bne     2b
        add     r12, r12, r5
        cmp     r11, lr
        bne     1b
        ldr     r12, [sp, #TILE_WINDOW]
        add     r12, r12, #(8 * \stride)
        scale_sums 4
        finish  4, \stride
        add     sp, #FRAME
        pop     {r4-r11, pc}
        scale_signed 4
        .size   \name, . - \name
        .endm

        any_filter KingletDepthwiseAny, 1
        any_filter KingletDepthwiseAnyStride2, 2
#endif
