// The inner loops of quad.h for Armv7E-M. quad_model.cc says the same in C++.
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

// Each pixel's word goes through `take`, two pixels a turn.
        .macro for_each_pixel take
        ldm     r0, {r2-r6}             // first, rows, columns, row step, column step
1:
        mov     r9, r2
        mov     r12, r4
        tst     r12, #1
        beq     2f
        ldr     lr, [r9]
        add     r9, r9, r6
        \take   lr
        subs    r12, r12, #1
        beq     3f
2:
        ldr     lr, [r9]
        ldr     r0, [r9, r6]
        add     r9, r9, r6, lsl #1
        \take   lr
        \take   r0
        subs    r12, r12, #2
        bne     2b
3:
        add     r2, r2, r5
        subs    r3, r3, #1
        bne     1b
        .endm

        .macro add_channels word
        sxtab16 r7, r7, \word
        sxtab16 r8, r8, \word, ror #8
        .endm

        function KingletSumWindow       // r0: window, r1: sums
        push    {r4-r9, lr}
        movs    r7, #0
        mov     r8, r7
        for_each_pixel add_channels
        sxth    r2, r7
        sxth    r3, r8
        asr     r4, r7, #16
        asr     r5, r8, #16
        stm     r1, {r2-r5}
        pop     {r4-r9, pc}
        .size   KingletSumWindow, . - KingletSumWindow

        .macro greatest_channels word
        ssub8   r8, \word, r7
        sel     r7, \word, r7
        .endm

        function KingletMaxWindow       // r0: window, r1: greatest
        push    {r4-r9, lr}
        mov     r7, #0x80808080
        for_each_pixel greatest_channels
        str     r7, [r1]
        pop     {r4-r9, pc}
        .size   KingletMaxWindow, . - KingletMaxWindow

// r4, r5: multipliers, r6: offset; \half: b or t, where both inputs have their element.
        .macro add_element x1, x2, half, signed
        smlaw\half r12, r4, \x1, r6
        smlaw\half r12, r5, \x2, r12
        .if \signed
        add     r12, r12, r12, asr #31
        add     r12, r12, lr
        .endif
        ssat    r12, #8, r12, asr #21   // kLinearAddShift
        strb    r12, [r2], #1
        .endm

        .macro add_quads name, signed
        function \name
        push    {r4-r11, lr}
        mov     r7, #0xFF00FF00
        mov     r12, r0
        ldm     r12!, {r0-r6}           // inputs, output, quads, multipliers, offset
        ldr     lr, [r12]               // rounding
1:
        ldr     r8, [r0], #4
        ldr     r9, [r1], #4
        and     r10, r7, r8, lsl #8
        and     r11, r7, r9, lsl #8
        and     r8, r7, r8
        and     r9, r7, r9
        add_element r10, r11, b, \signed
        add_element r8, r9, b, \signed
        add_element r10, r11, t, \signed
        add_element r8, r9, t, \signed
        subs    r3, r3, #1
        bne     1b
        pop     {r4-r11, pc}
        .size   \name, . - \name
        .endm

        add_quads KingletAddUp, 0
        add_quads KingletAddSigned, 1
#endif
