/*
 * s8 x 2 and 4 bits on AVX2: vpmaddubsw multiplies levels >= 0 by activations; it cannot saturate, for
 * 16 products of at most 15 * 127 fit in int16.
 */
#include "lanes_avx2.h"

typedef __m256i sums_vec;

INLINE sums_vec no_sums(void) { return _mm256_setzero_si256(); }

INLINE sums_vec dot(sums_vec sums, ivec x, ivec y) {
  sums = _mm256_add_epi16(sums, _mm256_maddubs_epi16(x, y));
  /* Added one after the other: sums apart would need registers more. */
  __asm__("" : "+x"(sums));
  return sums;
}

INLINE ivec numbers(sums_vec sums) { return _mm256_madd_epi16(sums, _mm256_set1_epi16(1)); }

#include "s8_levels.h"

S8_LEVELS(s8s4_gemm_1x16__avx2, 4)
S8_LEVELS(s8s2_gemm_1x16__avx2, 2)
