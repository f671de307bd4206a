// The inner loops of tile.h and dense.h for Armv6-M. tile_model.cc and dense_model.cc say the same
// in C++.
//
// Sums live in r8 to r12 and lr, where only additions and moves reach them. A product overwrites
// one of its factors, so each weight is loaded once for the words of both pixel pairs.
#if defined(__ARM_ARCH_6M__)
        .syntax unified
        .thumb

// Places in a range and behind it, where what is derived of a channel is kept.
#define PIECE_BITS 0
#define HIGH 4
#define LOW 8
#define MIDDLE 12
#define PIECE0 16
#define PIECE1 20
#define PIECE2 24
#define CLAMP_WIDTH 28
#define CLAMP_LOW 32
#define RANGE_BYTES 36

// Places of KingletLanesTileRun on the stack: a copy of the job.
#define TILE 0
#define WEIGHTS 4
#define CHANNELS 8
#define OUTPUT 12
#define OUTPUT_C 16
#define OFFSET1 20
#define OFFSET2 24
#define OFFSET3 28
#define RANGE 32
#define FRAME (RANGE + RANGE_BYTES)

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

// Of a channel: r1: bias, r2: multiplier, r3: 256 * reach + s. The range lies at sp + \range.
        .macro prepare range
        uxtb    r4, r3
        asrs    r3, #8
        ldr     r5, [sp, #\range + HIGH]
        muls    r5, r3, r5
        asrs    r5, #8
        ldr     r6, [sp, #\range + LOW]
        muls    r6, r3, r6
        asrs    r6, #8
        str     r6, [sp, #\range + CLAMP_LOW]
        subs    r1, r5
        mov     r9, r1
        subs    r5, r6
        str     r5, [sp, #\range + CLAMP_WIDTH]
        movs    r3, #7
        adds    r3, r4
        movs    r5, r2
        lsrs    r5, r3
        str     r5, [sp, #\range + PIECE0]
        movs    r3, #25
        subs    r3, r4
        lsls    r2, r3
        subs    r6, r3, #1              // 24 - s
        ldr     r5, [sp, #\range + PIECE_BITS]
        movs    r3, #32
        subs    r3, r5
        movs    r0, r2
        lsrs    r0, r3
        str     r0, [sp, #\range + PIECE1]
        lsls    r2, r5
        lsrs    r2, r3
        str     r2, [sp, #\range + PIECE2]
        movs    r0, #128
        lsls    r0, #16
        lsrs    r0, r4
        ldr     r1, [sp, #\range + MIDDLE]
        adds    r0, r1
        mov     r8, r0
        .endm

// Scales the sum in r0. r5: piece_bits, r6: 24 - s, r8: middle + half, r9: bias -
// the upper clamp.
        .macro scale range
        add     r0, r9
        asrs    r1, r0, #31
        ands    r0, r1
        ldr     r2, [sp, #\range + CLAMP_WIDTH]
        adds    r0, r2
        asrs    r1, r0, #31
        bics    r0, r1
        ldr     r2, [sp, #\range + CLAMP_LOW]
        adds    r0, r2
        asrs    r1, r0, #31
        lsls    r1, r6
        add     r1, r8
        ldr     r2, [sp, #\range + PIECE2]
        muls    r2, r0, r2
        asrs    r2, r5
        ldr     r3, [sp, #\range + PIECE1]
        muls    r3, r0, r3
        adds    r2, r3
        asrs    r2, r5
        ldr     r3, [sp, #\range + PIECE0]
        muls    r0, r3, r0
        adds    r0, r2
        adds    r0, r1
        lsrs    r0, #24
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
        prepare RANGE
        ldr     r7, [sp, #OUTPUT]
        mov     r0, r12
        scale   RANGE
        ldr     r1, [sp, #OFFSET3]
        strb    r0, [r7, r1]
        mov     r0, lr
        mov     r1, r12
        lsls    r1, #16
        subs    r0, r1
        scale   RANGE
        ldr     r1, [sp, #OFFSET2]
        strb    r0, [r7, r1]
        mov     r0, r10
        scale   RANGE
        ldr     r1, [sp, #OFFSET1]
        strb    r0, [r7, r1]
        mov     r0, r11
        mov     r1, r10
        lsls    r1, #16
        subs    r0, r1
        scale   RANGE
        strb    r0, [r7]
        adds    r7, #1
        str     r7, [sp, #OUTPUT]
        ldr     r4, [sp, #WEIGHTS]
        ldr     r0, [sp, #OUTPUT_C]
        subs    r0, #1
        str     r0, [sp, #OUTPUT_C]
        beq     1f
        bl      channel_begin           // too far for b; lr is free here
1:
        add     sp, #FRAME
        pop     {r4-r7}
        mov     r8, r4
        mov     r9, r5
        mov     r10, r6
        mov     r11, r7
        pop     {r4-r7, pc}
        .size   KingletLanesTileRun, . - KingletLanesTileRun

// Places of KingletLanesStripRun on the stack: a copy of the job, then the end of a row.
#define STRIP 0
#define STRIP_TAPS 4
#define STRIP_OUTPUT 12
#define ROWS 16
#define COLUMNS 20
#define STRIP_COLUMN_BYTES 24
#define STRIP_ROW_BYTES 28
#define OUTPUT_STEP 32
#define UPPER_OFFSET 36
#define LOWER_BEGIN 40
#define STRIP_RANGE 44
#define ROW_END (STRIP_RANGE + RANGE_BYTES)
#define STRIP_FRAME (ROW_END + 4)

#define TAPS_OF_BLOCK 16
#define TAP_BYTES 8
#define END_OF_TAPS 140

        .section .text.KingletLanesStripRun, "ax", %progbits
        .balign 4
        .global KingletLanesStripRun
        .type   KingletLanesStripRun, %function
        .thumb_func
KingletLanesStripRun:
        push    {r4-r7, lr}
        mov     r4, r8
        mov     r5, r9
        mov     r6, r10
        mov     r7, r11
        push    {r4-r7}
        sub     sp, #STRIP_FRAME
        mov     r1, sp
        .rept   3
        ldm     r0!, {r3-r7}
        stm     r1!, {r3-r7}
        .endr
        ldr     r0, [sp, #8]
        ldm     r0!, {r1, r2, r3}
        prepare STRIP_RANGE
        movs    r0, #1
        lsls    r0, #15
        mov     lr, r0
        ldr     r7, [sp, #STRIP_OUTPUT]
row_begin:
        ldr     r4, [sp, #STRIP]
        ldr     r0, [sp, #COLUMNS]
        ldr     r1, [sp, #OUTPUT_STEP]
        muls    r0, r1, r0
        adds    r0, r7
        str     r0, [sp, #ROW_END]
column_begin:
        ldr     r0, [sp, #STRIP_TAPS]
        ldr     r1, [sp, #LOWER_BEGIN]
        mov     r11, r1
        movs    r1, #0
        mov     r10, r1
        mov     r12, lr
strip_block:
        ldm     r0!, {r3}
        add     pc, r3
        nop
strip_taps:
        .rept   TAPS_OF_BLOCK
        ldm     r0!, {r2, r3}
        ldr     r2, [r4, r2]
        muls    r3, r2, r3
        add     r12, r3
        .endr
        mov     r1, r12
        asrs    r2, r1, #16
        add     r10, r2
        add     r11, r1
        mov     r12, lr
        b.n     strip_block
strip_end:
        .if     strip_end - strip_taps - END_OF_TAPS
        .error  "the end of the taps is not where kLanesEndOfTaps leads"
        .endif
        mov     r0, r10
        scale   STRIP_RANGE
        ldr     r1, [sp, #UPPER_OFFSET]
        strb    r0, [r7, r1]
        mov     r0, r11
        mov     r1, r10
        lsls    r1, #16
        subs    r0, r1
        scale   STRIP_RANGE
        strb    r0, [r7]
        ldr     r0, [sp, #STRIP_COLUMN_BYTES]
        adds    r4, r0
        ldr     r0, [sp, #OUTPUT_STEP]
        adds    r7, r0
        ldr     r0, [sp, #ROW_END]
        cmp     r7, r0
        beq     1f
        b       column_begin
1:
        ldr     r0, [sp, #STRIP]
        ldr     r1, [sp, #STRIP_ROW_BYTES]
        adds    r0, r1
        str     r0, [sp, #STRIP]
        ldr     r0, [sp, #ROWS]
        subs    r0, #1
        str     r0, [sp, #ROWS]
        beq     1f
        b       row_begin
1:
        add     sp, #STRIP_FRAME
        pop     {r4-r7}
        mov     r8, r4
        mov     r9, r5
        mov     r10, r6
        mov     r11, r7
        pop     {r4-r7, pc}
        .size   KingletLanesStripRun, . - KingletLanesStripRun

// Places of KingletLanesDenseRun on the stack: a copy of the job, then what is derived of a scale,
// and the sums of a group.
#define DENSE_INPUT 0
#define BLOCKS 4
#define DENSE_WEIGHTS 8
#define BIASES 12
#define SCALES 16
#define DENSE_OUTPUT 20
#define GROUPS 24
#define SCALE_BYTES 28
#define OFFSETS 32
#define DENSE_LOWER_BEGIN 48
#define DENSE_RANGE 52
#define LOG2_TWICE_HALF (DENSE_RANGE + RANGE_BYTES)
#define MIDDLE_AND_HALF (LOG2_TWICE_HALF + 4)
#define MINUS_CLAMP_HIGH (MIDDLE_AND_HALF + 4)
#define SUMS (MINUS_CLAMP_HIGH + 4)
#define DENSE_FRAME (SUMS + 16)

#define INPUTS_OF_BLOCK 16
#define INPUT_BYTES 18
#define END_OF_INPUTS 320

        .macro prepare_dense
        movs    r1, #0
        prepare DENSE_RANGE
        str     r6, [sp, #LOG2_TWICE_HALF]
        mov     r0, r8
        str     r0, [sp, #MIDDLE_AND_HALF]
        mov     r0, r9
        str     r0, [sp, #MINUS_CLAMP_HIGH]
        .endm

        .section .text.KingletLanesDenseRun, "ax", %progbits
        .balign 4
        .global KingletLanesDenseRun
        .type   KingletLanesDenseRun, %function
        .thumb_func
KingletLanesDenseRun:
        push    {r4-r7, lr}
        mov     r4, r8
        mov     r5, r9
        mov     r6, r10
        mov     r7, r11
        push    {r4-r7}
        sub     sp, #DENSE_FRAME
        mov     r1, sp
        .rept   3
        ldm     r0!, {r3-r7}
        stm     r1!, {r3-r7}
        .endr
        ldm     r0!, {r3, r4}
        stm     r1!, {r3, r4}
        ldr     r0, [sp, #SCALES]
        ldm     r0!, {r2, r3}
        prepare_dense
group_begin:
        ldr     r0, [sp, #DENSE_INPUT]
        ldr     r4, [sp, #DENSE_WEIGHTS]
        ldr     r5, =0x00FF00FF
        ldr     r7, [sp, #BLOCKS]
        ldr     r1, [sp, #DENSE_LOWER_BEGIN]
        mov     r11, r1
        mov     lr, r1
        movs    r6, #0
        mov     r10, r6
        mov     r12, r6
        mov     r8, r6
        mov     r9, r6
dense_block:
        ldm     r7!, {r3}
        add     pc, r3
        nop
dense_inputs:
        .rept   INPUTS_OF_BLOCK
        ldm     r4!, {r1}
        lsrs    r2, r1, #8
        ands    r2, r5
        ldrsb   r3, [r0, r6]
        adds    r0, #1
        muls    r1, r3, r1
        add     r8, r1
        muls    r2, r3, r2
        add     r9, r2
        .endr
        mov     r2, r9
        lsls    r1, r2, #8
        mov     r3, r8
        subs    r1, r3, r1
        ldm     r7!, {r3}
        subs    r1, r3
        subs    r2, r3
        asrs    r3, r1, #16
        add     r10, r3
        add     r11, r1
        asrs    r3, r2, #16
        add     r12, r3
        add     lr, r2
        mov     r8, r6
        mov     r9, r6
        b.n     dense_block
dense_end:
        .if     dense_end - dense_inputs - END_OF_INPUTS
        .error  "the end of the inputs is not where kLanesEndOfInputs leads"
        .endif
        str     r4, [sp, #DENSE_WEIGHTS]
        mov     r0, r11
        mov     r2, r10
        lsls    r1, r2, #16
        subs    r0, r1
        mov     r1, lr
        mov     r3, r12
        lsls    r4, r3, #16
        subs    r1, r4
        add     r4, sp, #SUMS
        stm     r4!, {r0-r3}
        ldr     r7, [sp, #DENSE_OUTPUT]
        movs    r4, #12
output_begin:
        ldr     r2, [sp, #SCALE_BYTES]
        cmp     r2, #0
        beq     1f
        ldr     r1, [sp, #SCALES]
        adds    r1, r4
        adds    r1, r4
        ldm     r1!, {r2, r3}
        mov     r10, r4
        prepare_dense
        mov     r4, r10
1:
        ldr     r5, [sp, #DENSE_RANGE + PIECE_BITS]
        ldr     r6, [sp, #LOG2_TWICE_HALF]
        ldr     r0, [sp, #MIDDLE_AND_HALF]
        mov     r8, r0
        ldr     r0, [sp, #MINUS_CLAMP_HIGH]
        ldr     r1, [sp, #BIASES]
        ldr     r1, [r1, r4]
        adds    r0, r1
        mov     r9, r0
        add     r0, sp, #SUMS
        ldr     r0, [r0, r4]
        scale   DENSE_RANGE
        add     r1, sp, #OFFSETS
        ldr     r1, [r1, r4]
        strb    r0, [r7, r1]
        subs    r4, #4
        bpl     output_begin
        adds    r7, #4
        str     r7, [sp, #DENSE_OUTPUT]
        ldr     r0, [sp, #BIASES]
        adds    r0, #16
        str     r0, [sp, #BIASES]
        ldr     r0, [sp, #SCALES]
        ldr     r1, [sp, #SCALE_BYTES]
        lsls    r1, #2
        adds    r0, r1
        str     r0, [sp, #SCALES]
        ldr     r0, [sp, #GROUPS]
        subs    r0, #1
        str     r0, [sp, #GROUPS]
        beq     1f
        bl      group_begin             // too far for b; lr is free here
1:
        add     sp, #DENSE_FRAME
        pop     {r4-r7}
        mov     r8, r4
        mov     r9, r5
        mov     r10, r6
        mov     r11, r7
        pop     {r4-r7, pc}
        .pool
        .size   KingletLanesDenseRun, . - KingletLanesDenseRun

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
