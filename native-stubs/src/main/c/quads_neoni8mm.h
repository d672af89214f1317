/* Quads of channels of positions for usdot; quads_avx512vnni.h describes the names. */
#ifndef LATHE_QUADS_H
#define LATHE_QUADS_H

#include "lanes_neon.h"

enum { PLANES = 1, WEIGHT_BYTES = 4, LESS = 0 };

typedef uint8x16_t quad_vec;
typedef int8x16_t weight_vec;

INLINE void plane_store(int32_t *to, int64_t plane, ivec x, int32_t count) {
  (void)plane;
  i_store_first(to, x, count);
}

INLINE quad_vec quad_load(const uint8_t *from, const uint8_t *next) {
  (void)next;
  return vld1q_u8(from);
}

INLINE weight_vec weight_load(const uint8_t *from) {
  return vreinterpretq_s8_s32(vdupq_n_s32(load_quad(from)));
}

INLINE ivec quad_dot(ivec acc, quad_vec x, weight_vec w) { return vusdotq_s32(acc, x, w); }

#endif
