/*
 * u8 x s8 -> int32 -> u8 on the 256-bit vpdpbusd in its VEX encoding.
 *
 * registers: 12 accumulators, 2 of rhs, 1 to 2 of lhs: at most 16 of 16
 * range:     int32 wraps as the contract's does; vpdpbusd does not saturate
 */
#include "lanes_avx2.h"
#include "u8s8_brgemm.h"

#define KERNEL u8s8_brgemm_6x16c4__avxvnni
#define SIZES(DO) WIDTHS_2(HEIGHTS_6, DO)
enum { MR = 6, NV = 2, WIDE = 8, QUADS = 1 };

typedef __m256i lhs_vec;
typedef __m256i rhs_vec;

INLINE lhs_vec lhs_quad(int32_t quad) { return _mm256_set1_epi32(quad); }
INLINE lhs_vec lhs_load(const uint8_t *from) { return lhs_quad(load_quad(from)); }
INLINE rhs_vec rhs_load(const int8_t *from) {
  return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

INLINE ivec dot(ivec acc, lhs_vec x, int q, rhs_vec y) {
  (void)q;
  return _mm256_dpbusd_avx_epi32(acc, x, y);
}

#include "u8s8_brgemm_dot.h"

#include "u8s8_brgemm_blocks.h"
