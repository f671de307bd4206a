// The loop of clamp.h for Armv7E-M. clamp_model.cc says the same in C++.
#if defined(__ARM_FEATURE_DSP)
        .syntax unified
        .thumb

        .section .text.KingletClamp, "ax", %progbits
        .balign 4
        .global KingletClamp
        .type   KingletClamp, %function
        .thumb_func
KingletClamp:                           // r0: low, r1: high, r2: quads, r3: values
        push    {r4, lr}
1:
        ldr     r4, [r3]
        ssub8   r12, r4, r0
        sel     r4, r4, r0
        ssub8   r12, r4, r1
        sel     r4, r1, r4
        str     r4, [r3], #4
        subs    r2, r2, #1
        bne     1b
        pop     {r4, pc}
        .size   KingletClamp, . - KingletClamp
#endif
