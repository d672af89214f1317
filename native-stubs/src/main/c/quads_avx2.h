/*
 * Quads of channels of positions for vpmaddwd: bytes 0 and 2 as a pair of int16 in one plane of the
 * slab, bytes 1 and 3 in the other; weights as int16 likewise. quads_*.h declare the same names.
 *
 * range: a pair's products add up to at most 2 * 255 * 128; int32 wraps as the contract's does
 */
#ifndef LATHE_QUADS_H
#define LATHE_QUADS_H

#include "lanes_avx2.h"

enum { PLANES = 2, WEIGHT_BYTES = 8, LESS = 0 };

typedef struct {
  __m256i even, odd;
} pairs;

typedef pairs quad_vec;
typedef pairs weight_vec;

INLINE void plane_store(int32_t *to, int64_t plane, ivec x, int32_t count) {
  i_store_first(to, _mm256_and_si256(x, _mm256_set1_epi32(0x00ff00ff)), count);
  i_store_first(to + plane, _mm256_srli_epi16(x, 8), count);
}

INLINE quad_vec quad_load(const uint8_t *from, const uint8_t *next) {
  return (pairs){
      _mm256_loadu_si256((const __m256i *)(const void *)from),
      _mm256_loadu_si256((const __m256i *)(const void *)next)};
}

INLINE weight_vec weight_load(const uint8_t *from) {
  return (pairs){_mm256_set1_epi32(load_quad(from)), _mm256_set1_epi32(load_quad(from + 4))};
}

INLINE ivec quad_dot(ivec acc, quad_vec x, weight_vec w) {
  acc = _mm256_add_epi32(acc, _mm256_madd_epi16(x.even, w.even));
  /* Added one after the other: a sum of both products would need a register more. */
  __asm__("" : "+x"(acc));
  return _mm256_add_epi32(acc, _mm256_madd_epi16(x.odd, w.odd));
}

#endif
