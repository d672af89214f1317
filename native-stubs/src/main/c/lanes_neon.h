/* Vectors of 4 numbers: NEON. lanes_*.h declare the same names; lanes_avx512.h describes them. */
#ifndef LATHE_LANES_H
#define LATHE_LANES_H

#include <arm_neon.h>

#include "common.h"

enum { LANES = 4, BYTES = 16 };

typedef int32x4_t ivec;
typedef float32x4_t fvec;
typedef uint8x16_t bvec;

INLINE ivec i_set1(int32_t x) { return vdupq_n_s32(x); }
INLINE ivec i_load(const int32_t *from) { return vld1q_s32(from); }
INLINE void i_store(int32_t *to, ivec x) { vst1q_s32(to, x); }
INLINE ivec i_add(ivec x, ivec y) { return vaddq_s32(x, y); }
INLINE ivec i_sub(ivec x, ivec y) { return vsubq_s32(x, y); }
INLINE ivec i_mul(ivec x, ivec y) { return vmulq_s32(x, y); }
INLINE ivec i_and(ivec x, ivec y) { return vandq_s32(x, y); }
INLINE ivec i_xor(ivec x, ivec y) { return veorq_s32(x, y); }
INLINE ivec i_shift(ivec x, const int bits) {
  const uint32x4_t shifted = vshlq_u32(vreinterpretq_u32_s32(x), vdupq_n_s32(-bits));
  return vreinterpretq_s32_u32(shifted);
}
INLINE ivec i_max(ivec x, ivec y) { return vmaxq_s32(x, y); }

INLINE fvec f_set1(float x) { return vdupq_n_f32(x); }
INLINE fvec f_load(const float *from) { return vld1q_f32(from); }
INLINE void f_store(float *to, fvec x) { vst1q_f32(to, x); }
INLINE fvec f_add(fvec x, fvec y) { return vaddq_f32(x, y); }
INLINE fvec f_sub(fvec x, fvec y) { return vsubq_f32(x, y); }
INLINE fvec f_mul(fvec x, fvec y) { return vmulq_f32(x, y); }
INLINE fvec f_div(fvec x, fvec y) { return vdivq_f32(x, y); }
INLINE fvec f_fma(fvec x, fvec y, fvec z) { return vfmaq_f32(z, x, y); }

INLINE fvec f_clamp(fvec x, fvec low, fvec high) { return vminq_f32(vmaxq_f32(x, low), high); }

INLINE fvec f_limit(fvec x, fvec low, fvec high) {
  x = vbslq_f32(vcleq_f32(x, low), low, x);
  return vbslq_f32(vcgeq_f32(x, high), high, x);
}

INLINE fvec f_number(fvec x) {
  return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x), vceqq_f32(x, x)));
}

INLINE bvec b_load(const uint8_t *from) { return vld1q_u8(from); }
INLINE void b_store(uint8_t *to, bvec x) { vst1q_u8(to, x); }
INLINE bvec b_max(bvec x, bvec y) { return vmaxq_u8(x, y); }

INLINE fvec i_to_f(ivec x) { return vcvtq_f32_s32(x); }
INLINE fvec f_round(fvec x) { return vrndnq_f32(x); }
INLINE ivec f_to_i(fvec x) { return vcvtnq_s32_f32(x); }

INLINE void i_store_first(int32_t *to, ivec x, int32_t count) {
  if (count >= LANES) {
    i_store(to, x);
    return;
  }
  int32_t numbers[LANES];
  i_store(numbers, x);
  for (int32_t i = 0; i < count; i++) {
    to[i] = numbers[i];
  }
}

INLINE fvec f_load_first(const float *from, int32_t count) {
  if (count >= LANES) {
    return f_load(from);
  }
  float numbers[LANES] = {0};
  for (int32_t i = 0; i < count; i++) {
    numbers[i] = from[i];
  }
  return f_load(numbers);
}

INLINE void f_store_first(float *to, fvec x, int32_t count) {
  i_store_first((int32_t *)(void *)to, vreinterpretq_s32_f32(x), count);
}

INLINE ivec load_u8(const uint8_t *from, int32_t count) {
  const uint8x8_t x =
      vcreate_u8(count >= LANES ? (uint32_t)load_quad(from) : load_bytes(from, count));
  return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(x))));
}

INLINE void store_u8(uint8_t *to, ivec x, int32_t count) {
  const uint16x4_t words = vmovn_u32(vreinterpretq_u32_s32(x));
  const uint8x8_t narrow = vmovn_u16(vcombine_u16(words, words));
  const uint32_t bytes = vget_lane_u32(vreinterpret_u32_u8(narrow), 0);
  if (count >= LANES) {
    __builtin_memcpy(to, &bytes, sizeof bytes);
  } else {
    store_bytes(to, bytes, count);
  }
}

INLINE int f_below_one(fvec x) {
  return vminvq_u32(vcltq_f32(vabsq_f32(x), vdupq_n_f32(1))) != 0;
}

INLINE void store_levels(
    uint8_t *to, int64_t stride, const ivec *x, int32_t zero_point, int32_t min, int32_t max) {
  const int16x8_t zero = vdupq_n_s16((int16_t)zero_point);
  const int16x8_t first = vcombine_s16(vqmovn_s32(x[0]), vqmovn_s32(x[1]));
  const int16x8_t second = vcombine_s16(vqmovn_s32(x[2]), vqmovn_s32(x[3]));
  uint8x16_t bytes = vcombine_u8(
      vqmovun_s16(vqaddq_s16(first, zero)), vqmovun_s16(vqaddq_s16(second, zero)));
  bytes = vminq_u8(vmaxq_u8(bytes, vdupq_n_u8((uint8_t)min)), vdupq_n_u8((uint8_t)max));
  uint32_t rows[4];
  vst1q_u32(rows, vreinterpretq_u32_u8(bytes));
  for (int r = 0; r < 4; r++) {
    __builtin_memcpy(to + r * stride, rows + r, sizeof *rows);
  }
}

INLINE void i_transpose(ivec x[LANES]) {
  const int64x2_t even = vreinterpretq_s64_s32(vtrn1q_s32(x[0], x[1]));
  const int64x2_t odd = vreinterpretq_s64_s32(vtrn2q_s32(x[0], x[1]));
  const int64x2_t next_even = vreinterpretq_s64_s32(vtrn1q_s32(x[2], x[3]));
  const int64x2_t next_odd = vreinterpretq_s64_s32(vtrn2q_s32(x[2], x[3]));
  x[0] = vreinterpretq_s32_s64(vtrn1q_s64(even, next_even));
  x[1] = vreinterpretq_s32_s64(vtrn1q_s64(odd, next_odd));
  x[2] = vreinterpretq_s32_s64(vtrn2q_s64(even, next_even));
  x[3] = vreinterpretq_s32_s64(vtrn2q_s64(odd, next_odd));
}

INLINE int32_t sum_u8(const uint8_t *from, int32_t count) {
  uint32x4_t sums = vdupq_n_u32(0);
  int32_t i = 0;
  for (; i + 16 <= count; i += 16) {
    sums = vpadalq_u16(sums, vpaddlq_u8(vld1q_u8(from + i)));
  }
  uint32_t sum = vaddvq_u32(sums);
  for (; i < count; i++) {
    sum += from[i];
  }
  return (int32_t)sum;
}

#endif
