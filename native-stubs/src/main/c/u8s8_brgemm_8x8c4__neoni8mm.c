/*
 * u8 x s8 -> int32 -> u8 on usmmla: 2 rows x 8 k times 8 k x 2 columns.
 *
 *                       B[8 k][2 columns]  x 4, two quads of k put together
 *   A[2 rows][8 k]      acc[0][0] ... acc[0][3]    each [2 rows][2 columns]
 *    x 4                   ...
 *                       acc[3][0] ... acc[3][3]
 *
 * registers: 16 accumulators, 4 of rhs, 4 to 8 of lhs: at most 28 of 32
 * range:     int32 wraps as the contract's does; usmmla does not saturate
 */
#include "lanes_neon.h"
#include "u8s8_brgemm.h"

#define KERNEL u8s8_brgemm_8x8c4__neoni8mm
#define SIZES(DO) WIDTHS_2(HEIGHTS_8, DO)
enum { MR = 8, NV = 2, WIDE = 4, VECTORS = 4 };

/* Eight k of two rows; the second may be missing. */
typedef uint8x16_t lhs_pair;

/* Adds eight k, as pairs of rows, times the columns of nv vectors; b1 lies a quad after b. */
INLINE void multiply(
    ivec (*acc)[2 * VECTORS], const lhs_pair *x, const int8_t *b, const int8_t *b1, int64_t group,
    const int pairs, const int nv) {
  UNROLL
  for (int v = 0; v < nv; v++) {
    const int64_t at = v * LANES / GROUP * group + v * LANES % GROUP * 4;
    const int32x4_t low = vreinterpretq_s32_s8(vld1q_s8(b + at));
    const int32x4_t high = b1 == NULL ? vdupq_n_s32(0) : vreinterpretq_s32_s8(vld1q_s8(b1 + at));
    const int8x16_t first = vreinterpretq_s8_s32(vzip1q_s32(low, high));
    const int8x16_t second = vreinterpretq_s8_s32(vzip2q_s32(low, high));
    UNROLL
    for (int r = 0; r < pairs; r++) {
      acc[r][2 * v] = vusmmlaq_s32(acc[r][2 * v], x[r], first);
      acc[r][2 * v + 1] = vusmmlaq_s32(acc[r][2 * v + 1], x[r], second);
    }
  }
}

/* The quads of two rows, each followed by zeros. */
INLINE lhs_pair pair(int32_t quad, int32_t next) {
  return vreinterpretq_u8_s32((int32x4_t){quad, 0, next, 0});
}

/* Rows [i, i + mr) of nv vectors of columns from j; mr and nv are constants. */
INLINE void tile(const problem *p, int32_t i, int32_t j, const int mr, const int nv) {
  const int pairs = (mr + 1) / 2;
  ivec acc[MR / 2][2 * VECTORS];
  UNROLL
  for (int v = 0; v < nv; v++) {
    const ivec bias = i_load(p->bias + j + v * LANES);
    const ivec low = vcombine_s32(vget_low_s32(bias), vget_low_s32(bias));
    const ivec high = vcombine_s32(vget_high_s32(bias), vget_high_s32(bias));
    UNROLL
    for (int r = 0; r < pairs; r++) {
      acc[r][2 * v] = low;
      acc[r][2 * v + 1] = high;
    }
  }
  const int64_t group = group_bytes(p);
  const int8_t *b = columns(p, j);
  for (int32_t t = 0; t < p->taps; t++, b += tap_bytes(p)) {
    const uint8_t *a[MR];
    lhs_pair x[MR / 2], y[MR / 2];
    UNROLL
    for (int r = 0; r < 2 * pairs; r++) {
      a[r] = row(p, t, i + (r < mr ? r : mr - 1));
    }
    int64_t q = 0;
    for (; q + 4 <= p->quads; q += 4) {
      UNROLL
      for (int r = 0; r < pairs; r++) {
        const uint64x2_t even = vreinterpretq_u64_u8(vld1q_u8(a[2 * r] + 4 * q));
        const uint64x2_t odd = vreinterpretq_u64_u8(vld1q_u8(a[2 * r + 1] + 4 * q));
        x[r] = vreinterpretq_u8_u64(vzip1q_u64(even, odd));
        y[r] = vreinterpretq_u8_u64(vzip2q_u64(even, odd));
      }
      const int8_t *at = b + q * QUAD_ROW;
      multiply(acc, x, at, at + QUAD_ROW, group, pairs, nv);
      multiply(acc, y, at + 2 * QUAD_ROW, at + 3 * QUAD_ROW, group, pairs, nv);
    }
    for (; q < p->quads; q++) {
      UNROLL
      for (int r = 0; r < pairs; r++) {
        x[r] = pair(load_quad(a[2 * r] + 4 * q), load_quad(a[2 * r + 1] + 4 * q));
      }
      multiply(acc, x, b + q * QUAD_ROW, NULL, group, pairs, nv);
    }
    if (p->tail != 0) {
      UNROLL
      for (int r = 0; r < pairs; r++) {
        x[r] = pair(
            (int32_t)load_bytes(a[2 * r] + 4 * q, p->tail), (int32_t)load_bytes(a[2 * r + 1] + 4 * q, p->tail));
      }
      multiply(acc, x, b + q * QUAD_ROW, NULL, group, pairs, nv);
    }
  }
  int32_t sums[MR * NV * LANES];
  UNROLL
  for (int v = 0; v < nv; v++) {
    UNROLL
    for (int r = 0; r < mr; r++) {
      const int64x2_t low = vreinterpretq_s64_s32(acc[r / 2][2 * v]);
      const int64x2_t high = vreinterpretq_s64_s32(acc[r / 2][2 * v + 1]);
      const int64x2_t both = r % 2 == 0 ? vzip1q_s64(low, high) : vzip2q_s64(low, high);
      i_store(sums + (r * nv + v) * LANES, vreinterpretq_s32_s64(both));
    }
  }
  finish(p, sums, i, j, mr, nv * LANES);
}

#include "u8s8_brgemm_blocks.h"
