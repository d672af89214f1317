/*
 * Signs x signs -> fp32 on NEON: 8 signs of 16 columns in a vector, 8 signs of a row in all its
 * lanes.
 *
 *   counts[m][16]  += cnt((A[m][k..k+7] eor B[k..k+7][16]) and nonzero[m][k..k+7])
 *
 * registers: 8 of counts, 2 of rhs, 2 of a row, 1 of signs that differ: 13 of 32
 * range:     a byte holds 31 counts of at most 8; then they move on to int32
 */
#include "lanes_neon.h"

enum { MR = 4, NR = 32 };

#include "b1_brgemm.h"

#define KERNEL b1_brgemm_4x32__neondot

enum { NV = NR / BYTES, COUNTED = 31 };

static void prepare(const problem *p, int32_t i, int32_t rows) {
  (void)p;
  (void)i;
  (void)rows;
}

/* Adds bytes to as many numbers. */
INLINE void widen(uint8x16_t counts, int32_t *to) {
  const uint16x8_t halves[2] = {vmovl_u8(vget_low_u8(counts)), vmovl_u8(vget_high_u8(counts))};
  for (int half = 0; half < 2; half++, to += 2 * LANES) {
    const uint32x4_t low = vmovl_u16(vget_low_u16(halves[half]));
    const uint32x4_t high = vmovl_u16(vget_high_u16(halves[half]));
    i_store(to, i_add(i_load(to), vreinterpretq_s32_u32(low)));
    i_store(to + LANES, i_add(i_load(to + LANES), vreinterpretq_s32_u32(high)));
  }
}

/* Adds the counts of bytes <= COUNTED of each row; rows and masked are constants. */
INLINE void add(
    const problem *p, const uint8_t *a, const uint8_t *b, int64_t bytes, int32_t *sums,
    const int rows, const int masked) {
  uint8x16_t counts[MR][NV];
  UNROLL
  for (int r = 0; r < rows; r++) {
    UNROLL
    for (int v = 0; v < NV; v++) {
      counts[r][v] = vdupq_n_u8(0);
    }
  }
  for (const uint8_t *end = a + bytes; a < end; a++, b += NR) {
    const uint8x16_t weights[NV] = {vld1q_u8(b), vld1q_u8(b + BYTES)};
    UNROLL
    for (int r = 0; r < rows; r++) {
      const uint8_t *at = a + r * p->lhs_stride;
      const uint8x16_t signs = vld1q_dup_u8(at);
      UNROLL
      for (int v = 0; v < NV; v++) {
        uint8x16_t differ = veorq_u8(signs, weights[v]);
        if (masked) {
          differ = vandq_u8(differ, vld1q_dup_u8(at + p->nonzero_step));
        }
        counts[r][v] = vaddq_u8(counts[r][v], vcntq_u8(differ));
      }
    }
  }
  UNROLL
  for (int r = 0; r < rows; r++) {
    UNROLL
    for (int v = 0; v < NV; v++) {
      widen(counts[r][v], sums + r * NR + v * BYTES);
    }
  }
}

typedef void adder(
    const problem *p, const uint8_t *a, const uint8_t *b, int64_t bytes, int32_t *sums);

#define ADDER(rows)                                                                              \
  static void signs_##rows(                                                                      \
      const problem *p, const uint8_t *a, const uint8_t *b, int64_t bytes, int32_t *sums) {      \
    add(p, a, b, bytes, sums, rows, 0);                                                          \
  }                                                                                              \
  static void masked_##rows(                                                                     \
      const problem *p, const uint8_t *a, const uint8_t *b, int64_t bytes, int32_t *sums) {      \
    add(p, a, b, bytes, sums, rows, 1);                                                          \
  }
ADDER(1)
ADDER(2)
ADDER(3)
ADDER(4)

static adder *const ADD[MR][2] = {
    {signs_1, masked_1}, {signs_2, masked_2}, {signs_3, masked_3}, {signs_4, masked_4}};

static void count(
    const problem *p, int32_t i, int32_t j, int32_t rows, int32_t width, int32_t *sums) {
  (void)width;
  const int64_t bytes = row_bytes(p);
  const uint8_t *b = p->rhs + j * bytes;
  for (int32_t at = 0; at < rows * NR; at += LANES) {
    i_store(sums + at, i_set1(0));
  }
  for (int64_t from = 0; from < bytes; from += COUNTED) {
    const int64_t some = bytes - from < COUNTED ? bytes - from : COUNTED;
    ADD[rows - 1][p->nonzero_step != 0](p, row(p, i) + from, b + from * NR, some, sums);
  }
}

B1_BRGEMM(KERNEL)
