/*
 * u8 x s8 -> int32 -> u8 on the 512-bit vpdpbusd.
 *
 * registers: 24 accumulators, 2 of rhs, 1 to 3 of lhs: at most 29 of 32
 * range:     int32 wraps as the contract's does; vpdpbusd does not saturate
 */
#include "lanes_avx512.h"
#include "u8s8_brgemm.h"

#define KERNEL u8s8_brgemm_12x32c4__avx512vnni
#define SIZES(DO) WIDTHS_2(HEIGHTS_12, DO)
enum { MR = 12, NV = 2, WIDE = 8, QUADS = 1 };

typedef __m512i lhs_vec;
typedef __m512i rhs_vec;

INLINE lhs_vec lhs_quad(int32_t quad) { return _mm512_set1_epi32(quad); }
INLINE lhs_vec lhs_load(const uint8_t *from) { return lhs_quad(load_quad(from)); }
INLINE rhs_vec rhs_load(const int8_t *from) { return _mm512_loadu_si512(from); }

INLINE ivec dot(ivec acc, lhs_vec x, int q, rhs_vec y) {
  (void)q;
  return _mm512_dpbusd_epi32(acc, x, y);
}

#include "u8s8_brgemm_dot.h"

#include "u8s8_brgemm_blocks.h"
