/* s8 x 2 and 4 bits on the 512-bit vpdpbusd. */
#include "lanes_avx512.h"

typedef __m512i sums_vec;

INLINE sums_vec no_sums(void) { return _mm512_setzero_si512(); }

INLINE sums_vec dot(sums_vec sums, ivec x, ivec y) { return _mm512_dpbusd_epi32(sums, x, y); }

INLINE ivec numbers(sums_vec sums) { return sums; }

#include "s8_levels.h"

S8_LEVELS(s8s4_gemm_1x16__avx512vnni, 4)
S8_LEVELS(s8s2_gemm_1x16__avx512vnni, 2)
