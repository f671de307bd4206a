// The inner loops of tile.h for Armv6-M. tile_model.cc says the same in C++.
//
// Sums live in r8 to r12 and lr, where only additions and moves reach them. A product overwrites
// one of its factors, so each weight is loaded once for the words of both pixel pairs.
#if defined(__ARM_ARCH_6M__)
        .syntax unified
        .thumb

// Places on the stack: a copy of the job, then what is derived of a channel.
#define TILE 0
#define WEIGHTS 4
#define CHANNELS 8
#define OUTPUT 12
#define OUTPUT_C 16
#define OFFSET1 20
#define OFFSET2 24
#define OFFSET3 28
#define PIECE_BITS 32
#define HIGH 36
#define LOW 40
#define MIDDLE 44
#define PIECE0 48
#define PIECE1 52
#define PIECE2 56
#define CLAMP_WIDTH 60
#define CLAMP_LOW 64
#define FRAME 68

#define PAIRS 8
#define PAIR_BYTES 26

        .macro tap index
        ldm     r0!, {r1, r2}
        ldrsb   r3, [r4, \index]
        muls    r1, r3, r1
        add     r8, r1
        muls    r2, r3, r2
        add     r9, r2
        .endm

// The sum in r0, scaled, to r7 + \offset. r5: piece_bits, r6: 24 - s, r8: middle + half, r9: bias -
// the upper clamp.
        .macro scale offset
        add     r0, r9
        asrs    r1, r0, #31
        ands    r0, r1
        ldr     r2, [sp, #CLAMP_WIDTH]
        adds    r0, r2
        asrs    r1, r0, #31
        bics    r0, r1
        ldr     r2, [sp, #CLAMP_LOW]
        adds    r0, r2
        asrs    r1, r0, #31
        lsls    r1, r6
        add     r1, r8
        ldr     r2, [sp, #PIECE2]
        muls    r2, r0, r2
        asrs    r2, r5
        ldr     r3, [sp, #PIECE1]
        muls    r3, r0, r3
        adds    r2, r3
        asrs    r2, r5
        ldr     r3, [sp, #PIECE0]
        muls    r0, r3, r0
        adds    r0, r2
        adds    r0, r1
        lsrs    r0, #24
        .ifnb \offset
        ldr     r1, [sp, #\offset]
        strb    r0, [r7, r1]
        .else
        strb    r0, [r7]
        .endif
        .endm

        .section .text.KingletLanesTileRun, "ax", %progbits
        .balign 4
        .global KingletLanesTileRun
        .type   KingletLanesTileRun, %function
        .thumb_func
KingletLanesTileRun:
        push    {r4-r7, lr}
        mov     r4, r8
        mov     r5, r9
        mov     r6, r10
        mov     r7, r11
        push    {r4-r7}
        sub     sp, #FRAME
        mov     r1, sp
        ldm     r0!, {r2-r7}
        stm     r1!, {r2-r7}
        ldm     r0!, {r2-r7}
        stm     r1!, {r2-r7}
        ldr     r4, [sp, #WEIGHTS]
channel_begin:
        ldr     r0, [sp, #TILE]
        movs    r5, #1
        movs    r6, #2
        movs    r7, #PAIR_BYTES
        ldrb    r1, [r4]                // blocks, each of which adds 0x8000 to the lower lanes
        lsls    r1, #15
        rsbs    r1, r1, #0
        mov     r11, r1
        mov     lr, r1
        movs    r1, #0
        mov     r10, r1
        mov     r12, r1
        lsls    r1, r5, #15
        mov     r8, r1
        mov     r9, r1
block_begin:
        adds    r4, #1
        ldrb    r3, [r4]
        muls    r3, r7, r3
        add     pc, r3
        nop
taps_begin:
        .rept   PAIRS
        tap     r5
        tap     r6
        adds    r4, #2
        .endr
taps_end:
        .if     taps_end - taps_begin - PAIRS * PAIR_BYTES
        .error  "a pair of taps is not PAIR_BYTES long"
        .endif
        mov     r1, r8
        asrs    r2, r1, #16
        add     r10, r2
        add     r11, r1
        mov     r1, r9
        asrs    r2, r1, #16
        add     r12, r2
        add     lr, r1
        lsls    r1, r5, #15
        mov     r8, r1
        mov     r9, r1
        b.n     block_begin
        nop
channel_end:
        .if     channel_end - taps_end - PAIR_BYTES
        .error  "the end of a channel is not where its mark leads"
        .endif
        adds    r4, #1
        str     r4, [sp, #WEIGHTS]
        ldr     r0, [sp, #CHANNELS]
        ldm     r0!, {r1, r2, r3}       // bias, multiplier, 256 * reach + s
        str     r0, [sp, #CHANNELS]
        uxtb    r4, r3
        asrs    r3, #8
        ldr     r5, [sp, #HIGH]
        muls    r5, r3, r5
        asrs    r5, #8
        ldr     r6, [sp, #LOW]
        muls    r6, r3, r6
        asrs    r6, #8
        str     r6, [sp, #CLAMP_LOW]
        subs    r1, r5
        mov     r9, r1
        subs    r5, r6
        str     r5, [sp, #CLAMP_WIDTH]
        movs    r3, #7
        adds    r3, r4
        movs    r5, r2
        lsrs    r5, r3
        str     r5, [sp, #PIECE0]
        movs    r3, #25
        subs    r3, r4
        lsls    r2, r3
        subs    r6, r3, #1              // 24 - s
        ldr     r5, [sp, #PIECE_BITS]
        movs    r3, #32
        subs    r3, r5
        movs    r0, r2
        lsrs    r0, r3
        str     r0, [sp, #PIECE1]
        lsls    r2, r5
        lsrs    r2, r3
        str     r2, [sp, #PIECE2]
        movs    r0, #128
        lsls    r0, #16
        lsrs    r0, r4
        ldr     r1, [sp, #MIDDLE]
        adds    r0, r1
        mov     r8, r0
        ldr     r7, [sp, #OUTPUT]
        mov     r0, r12
        scale   OFFSET3
        mov     r0, lr
        mov     r1, r12
        lsls    r1, #16
        subs    r0, r1
        scale   OFFSET2
        mov     r0, r10
        scale   OFFSET1
        mov     r0, r11
        mov     r1, r10
        lsls    r1, #16
        subs    r0, r1
        scale
        adds    r7, #1
        str     r7, [sp, #OUTPUT]
        ldr     r4, [sp, #WEIGHTS]
        ldr     r0, [sp, #OUTPUT_C]
        subs    r0, #1
        str     r0, [sp, #OUTPUT_C]
        beq     1f
        ldr     r0, =channel_begin + 1
        bx      r0
1:
        add     sp, #FRAME
        pop     {r4-r7}
        mov     r8, r4
        mov     r9, r5
        mov     r10, r6
        mov     r11, r7
        pop     {r4-r7, pc}
        .pool
        .size   KingletLanesTileRun, . - KingletLanesTileRun

        .section .text.KingletLanesGather, "ax", %progbits
        .balign 4
        .global KingletLanesGather
        .type   KingletLanesGather, %function
        .thumb_func
KingletLanesGather:                     // r0: pixels, r1: length, r2: tile
        push    {r4-r7, lr}
        movs    r4, r1
        movs    r5, r2
        ldm     r0, {r0-r3}
        adds    r0, r4
        adds    r1, r4
        adds    r2, r4
        adds    r3, r4
        rsbs    r4, r4, #0
1:
        ldrsb   r6, [r0, r4]
        ldrsb   r7, [r1, r4]
        lsls    r7, #16
        adds    r6, r7
        str     r6, [r5]
        ldrsb   r6, [r2, r4]
        ldrsb   r7, [r3, r4]
        lsls    r7, #16
        adds    r6, r7
        str     r6, [r5, #4]
        adds    r5, #8
        adds    r4, #1
        bne     1b
        pop     {r4-r7, pc}
        .size   KingletLanesGather, . - KingletLanesGather
#endif
