// The only place that knows vector registers: GCC's vector extensions, as wide as the instruction
// set this file is compiled for. Everything has internal linkage, because kernels_impl.h is
// compiled more than once with different flags.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#elif defined(__ARM_FEATURE_FMA)
#include <arm_neon.h>
#endif

namespace kinglet::train {
namespace {

#if defined(__AVX2__) && defined(__FMA__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
using Vec = float __attribute__((vector_size(4 * kLanes)));
using UnalignedVec = float __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));

inline Vec Load(const float* p) { return *reinterpret_cast<const UnalignedVec*>(p); }
inline void Store(float* p, Vec v) { *reinterpret_cast<UnalignedVec*>(p) = v; }
inline Vec Broadcast(float x) { return x - Vec{}; }

// a * b + c, with one rounding where the instruction set has it.
inline Vec MultiplyAdd(Vec a, Vec b, Vec c) {
#if defined(__AVX2__) && defined(__FMA__)
  return _mm256_fmadd_ps(a, b, c);
#elif defined(__ARM_FEATURE_FMA)
  return vfmaq_f32(c, a, b);
#else
  return a * b + c;
#endif
}

}  // namespace
}  // namespace kinglet::train
