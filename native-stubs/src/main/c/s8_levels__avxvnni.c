/* s8 x 2 and 4 bits on the 256-bit vpdpbusd. */
#include "lanes_avx2.h"

typedef __m256i sums_vec;

INLINE sums_vec no_sums(void) { return _mm256_setzero_si256(); }

INLINE sums_vec dot(sums_vec sums, ivec x, ivec y) {
  return _mm256_dpbusd_avx_epi32(sums, x, y);
}

INLINE ivec numbers(sums_vec sums) { return sums; }

#include "s8_levels.h"

S8_LEVELS(s8s4_gemm_1x16__avxvnni, 4)
S8_LEVELS(s8s2_gemm_1x16__avxvnni, 2)
