/*
 * u8 x s8 -> int32 -> u8 on AVX2, without an 8-bit dot product. vpmaddubsw would saturate (255 *
 * 127 + 255 * 127 > 32767) except for small weights, which have tiles of their own
 * (u8s8_runs_avx2.h). Bytes are widened where they lie: of each quad, bytes 0 and 2 as one pair of
 * int16, bytes 1 and 3 as another, and vpmaddwd multiplies pairs.
 *
 *   quad      b3 b2 b1 b0              (in a 32-bit lane)
 *   even      ..b2..  ..b0..           shifted left, then right with its sign
 *   odd       ..b3..  ..b1..           shifted right with its sign
 *
 * rhs is dev.lathe.kernel.pack.QuadRunsS8: quads after a head for each tap of a group.
 *
 * registers: 8 accumulators, 2 x 2 of rhs, 2 of lhs, 1 of products: 15 of 16
 * range:     a pair's products add up to at most 2 * 255 * 128; int32 wraps as the contract's does
 */
#include "lanes_avx2.h"

/* Of 5 counts and as many entries as a tap has quads, of 2 bytes each. */
#define HEAD_BYTES(k) ((((k) + 3) / 4 + 5 + 31) / 32 * (int64_t)64)

#include "u8s8_brgemm.h"

#define KERNEL u8s8_brgemm_4x16c4__avx2
#define SIZES(DO) WIDTHS_2(HEIGHTS_4, DO)
enum { MR = 4, NV = 2, WIDE = NV, QUADS = 1 };

typedef struct {
  __m256i even, odd;
} pairs;

typedef pairs lhs_vec;
typedef pairs rhs_vec;

INLINE lhs_vec lhs_quad(int32_t quad) {
  const __m256i x = _mm256_set1_epi32(quad);
  return (pairs){_mm256_and_si256(x, _mm256_set1_epi32(0x00ff00ff)), _mm256_srli_epi16(x, 8)};
}

INLINE lhs_vec lhs_load(const uint8_t *from) { return lhs_quad(load_quad(from)); }

INLINE rhs_vec rhs_load(const int8_t *from) {
  const __m256i y = _mm256_loadu_si256((const __m256i *)(const void *)from);
  return (pairs){_mm256_srai_epi16(_mm256_slli_epi16(y, 8), 8), _mm256_srai_epi16(y, 8)};
}

INLINE ivec dot(ivec acc, lhs_vec x, int q, rhs_vec y) {
  (void)q;
  acc = _mm256_add_epi32(acc, _mm256_madd_epi16(x.even, y.even));
  /* Added one after the other: a sum of both products would need a register more. */
  __asm__("" : "+x"(acc));
  return _mm256_add_epi32(acc, _mm256_madd_epi16(x.odd, y.odd));
}

#include "u8s8_brgemm_dot.h"
#include "u8s8_runs_avx2.h"

#define RUN_SIZES(DO) WIDTHS_2(HEIGHTS_3, DO)

#include "u8s8_brgemm_blocks.h"
