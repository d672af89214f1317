/*
 * u8 x s8 -> int32 -> u8 on sdot, which takes two signed operands: lhs is taken less 128, and
 * accumulators begin with 128 * (sum of the column of rhs) in exchange.
 *
 * registers: 16 accumulators, 4 of rhs, 4 of lhs (16 k of each row): 24 of 32
 * range:     int32 wraps as the contract's does; sdot does not saturate
 */
#include "lanes_neon.h"
#include "u8s8_brgemm.h"

#define KERNEL u8s8_brgemm_4x16c4__neondot
#define SIZES(DO) WIDTHS_4(HEIGHTS_4, DO)
#define ENTER_PANEL(p, j, nv, begins) enter_panel(p, j, nv, begins)
enum { MR = 4, NV = 4, WIDE = 8, QUADS = 4 };

typedef int8x16_t lhs_vec;
typedef int8x16_t rhs_vec;

INLINE lhs_vec less_128(uint8x16_t x) {
  return vreinterpretq_s8_u8(veorq_u8(x, vdupq_n_u8(0x80)));
}

INLINE lhs_vec lhs_load(const uint8_t *from) { return less_128(vld1q_u8(from)); }
INLINE lhs_vec lhs_quad(int32_t quad) { return less_128(vreinterpretq_u8_s32(vdupq_n_s32(quad))); }
INLINE rhs_vec rhs_load(const int8_t *from) { return vld1q_s8(from); }

INLINE ivec dot(ivec acc, lhs_vec x, int q, rhs_vec y) {
  switch (q) {
    case 0:
      return vdotq_laneq_s32(acc, y, x, 0);
    case 1:
      return vdotq_laneq_s32(acc, y, x, 1);
    case 2:
      return vdotq_laneq_s32(acc, y, x, 2);
    default:
      return vdotq_laneq_s32(acc, y, x, 3);
  }
}

#include "u8s8_brgemm_dot.h"

#include "u8s8_brgemm_blocks.h"
