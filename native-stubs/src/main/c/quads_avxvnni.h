/* Quads of channels of positions for the 256-bit vpdpbusd; quads_avx512vnni.h describes the names. */
#ifndef LATHE_QUADS_H
#define LATHE_QUADS_H

#include "lanes_avx2.h"

enum { PLANES = 1, WEIGHT_BYTES = 4, LESS = 0 };

typedef __m256i quad_vec;
typedef __m256i weight_vec;

INLINE void plane_store(int32_t *to, int64_t plane, ivec x, int32_t count) {
  (void)plane;
  i_store_first(to, x, count);
}

INLINE quad_vec quad_load(const uint8_t *from, const uint8_t *next) {
  (void)next;
  return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

INLINE weight_vec weight_load(const uint8_t *from) { return _mm256_set1_epi32(load_quad(from)); }

INLINE ivec quad_dot(ivec acc, quad_vec x, weight_vec w) {
  return _mm256_dpbusd_avx_epi32(acc, x, w);
}

#endif
