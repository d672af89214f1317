/*
 * Quads of channels of positions, as they are, for the 512-bit vpdpbusd. quads_*.h declare the same
 * names.
 *
 * range: int32 wraps as the contract's does; vpdpbusd does not saturate
 */
#ifndef LATHE_QUADS_H
#define LATHE_QUADS_H

#include "lanes_avx512.h"

/*
 * Planes of the slab that a quad takes, bytes of the four weights of an entry, and how much less the
 * bytes of the slab are than those of the image.
 */
enum { PLANES = 1, WEIGHT_BYTES = 4, LESS = 0 };

typedef __m512i quad_vec;   /* a quad of each of LANES positions */
typedef __m512i weight_vec; /* four weights, once per position */

/* Stores the first count quads to as many positions; planes are plane elements apart. */
INLINE void plane_store(int32_t *to, int64_t plane, ivec x, int32_t count) {
  (void)plane;
  i_store_first(to, x, count);
}

/* Quads of LANES positions; next is where those of the second plane lie. */
INLINE quad_vec quad_load(const uint8_t *from, const uint8_t *next) {
  (void)next;
  return _mm512_loadu_si512(from);
}

INLINE weight_vec weight_load(const uint8_t *from) { return _mm512_set1_epi32(load_quad(from)); }

INLINE ivec quad_dot(ivec acc, quad_vec x, weight_vec w) { return _mm512_dpbusd_epi32(acc, x, w); }

#endif
