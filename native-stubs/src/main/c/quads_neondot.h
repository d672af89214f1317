/*
 * Quads of channels of positions for sdot, which takes two signed operands: the slab holds bytes less
 * 128, and sums begin with 128 * (sum of the weights of the list) in exchange. quads_*.h declare the
 * same names, quads_avx512vnni.h describes them.
 *
 * range: int32 wraps as the contract's does; sdot does not saturate
 */
#ifndef LATHE_QUADS_H
#define LATHE_QUADS_H

#include "lanes_neon.h"

enum { PLANES = 1, WEIGHT_BYTES = 4, LESS = 128 };

typedef int8x16_t quad_vec;
typedef int8x16_t weight_vec;

INLINE void plane_store(int32_t *to, int64_t plane, ivec x, int32_t count) {
  (void)plane;
  i_store_first(to, veorq_s32(x, vdupq_n_s32((int32_t)0x80808080)), count);
}

INLINE quad_vec quad_load(const uint8_t *from, const uint8_t *next) {
  (void)next;
  return vreinterpretq_s8_u8(vld1q_u8(from));
}

INLINE weight_vec weight_load(const uint8_t *from) {
  return vreinterpretq_s8_s32(vdupq_n_s32(load_quad(from)));
}

INLINE ivec quad_dot(ivec acc, quad_vec x, weight_vec w) { return vdotq_s32(acc, x, w); }

#endif
