/*
 * dev.lathe.kernel.Requantize on vectors; a lanes_*.h comes before. Every float operation is one
 * IEEE operation, in the contract's order; only the sum with an addend has fused ones.
 */
#ifndef LATHE_REQUANTIZE_H
#define LATHE_REQUANTIZE_H

#include "common.h"

typedef struct {
  int32_t zero_point, min, max;
  const uint8_t *addend; /* or null; the rest belongs to it */
  int64_t addend_stride;
  float lhs_ratio, rhs_ratio, sum_offset;
  int32_t addend_first; /* whether it is the left operand of the sum */
} requantize;

/*
 * Scales with which no product is NaN and every level stays the same: NaN, which makes every level
 * 0, becomes 0; infinities become the largest float.
 */
INLINE fvec finite(fvec scale) {
  const float most = 0x1.fffffep127f;
  return f_clamp(f_number(scale), f_set1(-most), f_set1(most));
}

/* The nearest of the levels min to max, less zero_point; x is a number. */
INLINE ivec level(fvec x, int32_t min, int32_t max, int32_t zero_point) {
  return f_to_i(f_clamp(x, f_set1((float)(min - zero_point)), f_set1((float)(max - zero_point))));
}

/* x, requantized, plus count residuals, in levels of the sum. */
INLINE fvec with_addend(const requantize *e, fvec x, const uint8_t *residuals, int32_t count) {
  const fvec zero = f_set1((float)e->zero_point);
  const fvec clamped = f_clamp(x, f_sub(f_set1(0), zero), f_sub(f_set1(255), zero));
  const fvec own = f_add(f_round(clamped), zero);
  const fvec other = i_to_f(load_u8(residuals, count));
  const fvec a = e->addend_first ? other : own;
  const fvec b = e->addend_first ? own : other;
  return f_fma(a, f_set1(e->lhs_ratio), f_fma(b, f_set1(e->rhs_ratio), f_set1(e->sum_offset)));
}

/* Whether every sum with an addend has an int32, so that it may be rounded before it is clamped. */
INLINE int sums_fit(const requantize *e) {
  const float most = 255 * (__builtin_fabsf(e->lhs_ratio) + __builtin_fabsf(e->rhs_ratio)) +
                     __builtin_fabsf(e->sum_offset);
  return most < 0x1p30f; /* not for NaN */
}

/*
 * Levels, 0..255, of accumulators that hold their bias.
 *
 * scale      finite
 * residuals  count bytes where e has an addend, else null; which of both is known when inlined
 */
INLINE ivec requantized(
    const requantize *e, ivec acc, fvec scale, const uint8_t *residuals, int32_t count) {
  fvec x = f_mul(i_to_f(acc), scale);
  int32_t zero_point = e->zero_point;
  if (residuals != NULL) {
    x = with_addend(e, x, residuals, count);
    zero_point = 0;
  }
  return i_add(level(x, e->min, e->max, zero_point), i_set1(zero_point));
}

/*
 * Requantizes and stores four rows of LANES levels, stride apart, which may be rounded before they
 * are clamped: f_below_one(scale) or, with an addend, sums_fit(e).
 *
 * from  rows of residuals, from_stride apart, where e has an addend, else null; known when inlined
 */
INLINE void store_4(
    const requantize *e, const ivec *acc, fvec scale, uint8_t *to, int64_t stride,
    const uint8_t *from, int64_t from_stride) {
  ivec x[4];
  UNROLL
  for (int q = 0; q < 4; q++) {
    const fvec y = f_mul(i_to_f(acc[q]), scale);
    x[q] = f_to_i(from == NULL ? y : with_addend(e, y, from + q * from_stride, LANES));
  }
  store_levels(to, stride, x, from == NULL ? e->zero_point : 0, e->min, e->max);
}

#endif
