// The inner loops of dot.h for Helium. dot_model.cc says the same in C++.
//
// VMLADAVA adds sixteen products to a register of even number, so eight sums are all there can be;
// addresses live in the odd ones. A vector of weights is loaded with VLDM, four in an instruction.
// Sums start from the biases.
#if defined(__ARM_FEATURE_MVE)
        .syntax unified
        .thumb

#define INPUT0 r1
#define INPUT1 r3
#define PACKED r9
#define OUTPUT0 r7
#define OUTPUT1 r5

// Blocks of sixteen that the loops are unrolled to, and the bytes of one.
#define UNROLL 8
#define BLOCK_BYTES 44

// Places on the stack, behind the clamp.
#define CLAMP_BYTES 48
#define INPUTS 48                       // both, or the one
#define PACKED_END 56
#define ENTRY 60
#define PACKED_BEGIN 64
#define PAIRS 68
#define STEPS 72                        // between pairs, of inputs and outputs
#define GATHER 80                       // and its step
#define FRAME 88

// Members of KingletGather.
#define GATHER_INPUT 0
#define GATHER_WINDOW 4

        .macro enter
        push    {r4-r11, lr}
        sub     sp, #4
        vpush   {d8-d15}
        sub     sp, #FRAME
        .endm
        .macro leave
        add     sp, #FRAME
        vpop    {d8-d15}
        add     sp, #4
        pop     {r4-r11, pc}
        .endm
// Copies the clamp of the job r0 to the stack.
        .macro clamp_to_stack offset
        add     r2, r0, #\offset
        vldmia  r2, {d0-d5}
        vstmia  sp, {d0-d5}
        .endm
// Where the loop of `blocks` is entered so that it ends with a whole number of turns.
        .macro entry blocks, temporary, end
        and     \blocks, \blocks, #(UNROLL - 1)
        mov     \temporary, #BLOCK_BYTES
        mul     \blocks, \blocks, \temporary
        adr     \temporary, \end
        orr     \temporary, \temporary, #1
        sub     \temporary, \temporary, \blocks
        str     \temporary, [sp, #ENTRY]
        .endm

// Gathers the window whose address is on the stack. r0 and r4: the job, r8: its step.
        .macro gather window
        ldr     r6, [sp, #\window]
        str     r6, [r4, #GATHER_WINDOW]
        bl      KingletGatherRows
        ldr     r6, [r4, #GATHER_INPUT]
        add     r6, r6, r8
        str     r6, [r4, #GATHER_INPUT]
        .endm

        .macro pixel_pairs name, signed
        .section .text.\name, "ax", %progbits
        .balign 4
        .global \name
        .type   \name, %function
        .thumb_func
\name:
        enter
        clamp_to_stack 48
        ldrd    r1, r3, [r0]            // inputs
        strd    r1, r3, [sp, #INPUTS]
        ldrd    r7, r5, [r0, #8]        // outputs
        ldr     r9, [r0, #16]           // packed
        ldrd    r2, r4, [r0, #20]       // blocks, groups
        add     r11, r1, r2, lsl #4     // end of input 0
        lsl     r6, r2, #6
        add     r6, r6, #48
        mla     r6, r6, r4, PACKED
        str     r6, [sp, #PACKED_END]
        ldrd    r6, r8, [r0, #28]       // pairs, input step
        ldr     r10, [r0, #36]          // output step
        add     r10, r10, r4, lsl #2    // from behind the first group
        strd    PACKED, r6, [sp, #PACKED_BEGIN]
        strd    r8, r10, [sp, #STEPS]
        ldrd    r6, r8, [r0, #40]       // gather, its step
        strd    r6, r8, [sp, #GATHER]
        entry   r2, r4, 2f
4:
        ldrd    r0, r6, [sp, #GATHER]
        cbz     r0, 0f
        mov     r4, r0
        mov     r8, r6
        gather  INPUTS
        mov     r0, r4
        gather  INPUTS + 4
        ldrd    INPUT0, INPUT1, [sp, #INPUTS]
0:
        ldm     PACKED, {r8, r10, r12, lr}
        ldm     PACKED!, {r0, r2, r4, r6}
        ldr     pc, [sp, #ENTRY]
        .balign 4
1:
        .rept   UNROLL
        vldrb.8 q0, [INPUT0], #16
        vldrb.8 q1, [INPUT1], #16
        vldmia  PACKED!, {d8-d15}
        vmladava.s8 r0, q0, q4
        vmladava.s8 r8, q1, q4
        vmladava.s8 r2, q0, q5
        vmladava.s8 r10, q1, q5
        vmladava.s8 r4, q0, q6
        vmladava.s8 r12, q1, q6
        vmladava.s8 r6, q0, q7
        vmladava.s8 lr, q1, q7
        .endr
        .balign 4
2:
        cmp     INPUT0, r11
        bne     1b
        vmov    q0[2], q0[0], r0, r4
        vmov    q0[3], q0[1], r2, r6
        vmov    q1[2], q1[0], r8, r12
        vmov    q1[3], q1[1], r10, lr
        vldmia  PACKED!, {d4-d7}        // multipliers, shifts
        vldmia  sp, {d8-d13}            // zero point, minimum, maximum
        vqrdmulh.s32 q0, q0, q2
        vqrdmulh.s32 q1, q1, q2
        .if \signed
        vshr.s32 q7, q0, #31
        vqadd.s32 q0, q0, q7
        vshr.s32 q7, q1, #31
        vqadd.s32 q1, q1, q7
        .endif
        vrshl.s32 q0, q0, q3
        vrshl.s32 q1, q1, q3
        vadd.i32 q0, q0, q4
        vadd.i32 q1, q1, q4
        vmax.s32 q0, q0, q5
        vmax.s32 q1, q1, q5
        vmin.s32 q0, q0, q6
        vmin.s32 q1, q1, q6
        vstrb.32 q0, [OUTPUT0], #-4
        vstrb.32 q1, [OUTPUT1], #-4
        ldrd    INPUT0, INPUT1, [sp, #INPUTS]
        ldr     r0, [sp, #PACKED_END]
        cmp     PACKED, r0
        bne     0b
        // The next pair.
        ldrd    PACKED, r0, [sp, #PACKED_BEGIN]
        subs    r0, r0, #1
        beq     3f
        str     r0, [sp, #PAIRS]
        ldrd    r0, r2, [sp, #STEPS]
        add     INPUT0, INPUT0, r0
        add     INPUT1, INPUT1, r0
        add     r11, r11, r0
        strd    INPUT0, INPUT1, [sp, #INPUTS]
        add     OUTPUT0, OUTPUT0, r2
        add     OUTPUT1, OUTPUT1, r2
        b       4b
3:
        leave
        .size   \name, . - \name
        .endm

        pixel_pairs KingletPixelPairsSigned, 1
        pixel_pairs KingletPixelPairsRectified, 0

        .section .text.KingletGatherRows, "ax", %progbits
        .balign 4
        .global KingletGatherRows
        .type   KingletGatherRows, %function
        .thumb_func
KingletGatherRows:
        push    {r4-r6, lr}
        ldm     r0, {r1-r6}             // input, window, rows, row bytes, steps
        // The loop advances by whole vectors.
        add     r0, r4, #15
        bic     r0, r0, #15
        sub     r5, r5, r0
        sub     r6, r6, r0
0:
        dlstp.8 lr, r4
1:
        vldrb.8 q0, [r1], #16
        vstrb.8 q0, [r2], #16
        letp    lr, 1b
        add     r1, r1, r5
        add     r2, r2, r6
        subs    r3, r3, #1
        bne     0b
        pop     {r4-r6, pc}
        .size   KingletGatherRows, . - KingletGatherRows

        .section .text.KingletFillBlocks, "ax", %progbits
        .balign 4
        .global KingletFillBlocks
        .type   KingletFillBlocks, %function
        .thumb_func
KingletFillBlocks:
        push    {lr}
        vdup.8  q0, r1
        dls     lr, r2
1:
        vstrb.8 q0, [r0], #16
        le      lr, 1b
        pop     {pc}
        .size   KingletFillBlocks, . - KingletFillBlocks

// r3: multiplier, r5: shift, r11: end of the input.
        .section .text.KingletDenseByEight, "ax", %progbits
        .balign 4
        .global KingletDenseByEight
        .type   KingletDenseByEight, %function
        .thumb_func
KingletDenseByEight:
        enter
        clamp_to_stack 28
        ldrd    r1, r7, [r0]            // input, output
        str     r1, [sp, #INPUTS]
        ldr     r9, [r0, #8]            // packed
        ldrd    r2, r4, [r0, #12]       // blocks, groups
        ldrd    r3, r5, [r0, #20]       // multiplier, shift
        add     r11, r1, r2, lsl #4
        lsl     r6, r2, #7
        add     r6, r6, #32
        mla     r6, r6, r4, PACKED
        str     r6, [sp, #PACKED_END]
        entry   r2, r4, 2f
0:
        ldm     PACKED!, {r0, r2, r4, r6, r8, r10, r12, lr}
        ldr     pc, [sp, #ENTRY]
        .balign 4
1:
        .rept   UNROLL
        vldrb.8 q0, [INPUT0], #16
        vldmia  PACKED!, {d8-d15}
        vmladava.s8 r0, q0, q4
        vmladava.s8 r2, q0, q5
        vmladava.s8 r4, q0, q6
        vmladava.s8 r6, q0, q7
        vldmia  PACKED!, {d8-d15}
        vmladava.s8 r8, q0, q4
        vmladava.s8 r10, q0, q5
        vmladava.s8 r12, q0, q6
        vmladava.s8 lr, q0, q7
        .endr
        .balign 4
2:
        cmp     INPUT0, r11
        bne     1b
        vmov    q0[2], q0[0], r0, r4
        vmov    q0[3], q0[1], r2, r6
        vmov    q1[2], q1[0], r8, r12
        vmov    q1[3], q1[1], r10, lr
        vldmia  sp, {d8-d13}            // zero point, minimum, maximum
        vqrdmulh.s32 q0, q0, r3
        vqrdmulh.s32 q1, q1, r3
        vshr.s32 q2, q0, #31
        vqadd.s32 q0, q0, q2
        vshr.s32 q3, q1, #31
        vqadd.s32 q1, q1, q3
        vrshl.s32 q0, r5
        vrshl.s32 q1, r5
        vadd.i32 q0, q0, q4
        vadd.i32 q1, q1, q4
        vmax.s32 q0, q0, q5
        vmax.s32 q1, q1, q5
        vmin.s32 q0, q0, q6
        vmin.s32 q1, q1, q6
        vstrb.32 q0, [OUTPUT0], #4
        vstrb.32 q1, [OUTPUT0], #4
        ldr     INPUT0, [sp, #INPUTS]
        ldr     r0, [sp, #PACKED_END]
        cmp     PACKED, r0
        bne     0b
        leave
        .size   KingletDenseByEight, . - KingletDenseByEight
#endif
