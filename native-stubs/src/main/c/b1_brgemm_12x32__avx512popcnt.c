/*
 * Signs x signs -> fp32 on AVX-512 with VPOPCNTDQ: 32 signs of 16 columns in a vector, 32 signs of a
 * row in all its lanes.
 *
 *   sums[m][16]  += vpopcntd((A[m][k..k+31] xor B[k..k+31][16]) and nonzero[m][k..k+31])
 *
 * registers: 24 of sums, 2 of rhs, 1 of signs that differ: 27 of 32
 * range:     int32
 */
#include "lanes_avx512.h"

enum { MR = 12, NR = 32 };

#include "b1_brgemm.h"

#define KERNEL b1_brgemm_12x32__avx512popcnt

enum { NV = NR / 16 };

static void prepare(const problem *p, int32_t i, int32_t rows) {
  (void)p;
  (void)i;
  (void)rows;
}

/* rows, nv and masked are constants. */
INLINE void add(
    const problem *p, int32_t i, int32_t j, int32_t *to, const int rows, const int nv,
    const int masked) {
  const uint8_t *a = row(p, i);
  const uint8_t *b = p->rhs + j * row_bytes(p);
  ivec sums[MR][NV];
  UNROLL
  for (int r = 0; r < rows; r++) {
    UNROLL
    for (int v = 0; v < nv; v++) {
      sums[r][v] = i_set1(0);
    }
  }
  for (int64_t w = 0; w < p->words; w++, a += WORD_BYTES, b += NR * WORD_BYTES) {
    ivec weights[NV];
    UNROLL
    for (int v = 0; v < nv; v++) {
      weights[v] = _mm512_loadu_si512(b + v * BYTES);
    }
    UNROLL
    for (int r = 0; r < rows; r++) {
      const uint8_t *at = a + r * p->lhs_stride;
      const ivec signs = i_set1(load_quad(at));
      UNROLL
      for (int v = 0; v < nv; v++) {
        const ivec differ =
            masked ? _mm512_ternarylogic_epi32(
                         signs, weights[v], i_set1(load_quad(at + p->nonzero_step)), 0x28)
                   : _mm512_xor_si512(signs, weights[v]);
        sums[r][v] = i_add(sums[r][v], _mm512_popcnt_epi32(differ));
      }
    }
  }
  UNROLL
  for (int r = 0; r < rows; r++) {
    UNROLL
    for (int v = 0; v < nv; v++) {
      i_store(to + r * NR + v * LANES, sums[r][v]);
    }
  }
}

typedef void adder(const problem *p, int32_t i, int32_t j, int32_t *to);

#define ADDER(rows, nv)                                                                       \
  static void signs_##rows##x##nv(const problem *p, int32_t i, int32_t j, int32_t *to) {      \
    add(p, i, j, to, rows, nv, 0);                                                            \
  }                                                                                           \
  static void masked_##rows##x##nv(const problem *p, int32_t i, int32_t j, int32_t *to) {     \
    add(p, i, j, to, rows, nv, 1);                                                            \
  }
#define HEIGHTS(DO, nv)                                                                  \
  DO(1, nv) DO(2, nv) DO(3, nv) DO(4, nv) DO(5, nv) DO(6, nv) DO(7, nv) DO(8, nv) DO(9, nv) \
  DO(10, nv) DO(11, nv) DO(12, nv)
HEIGHTS(ADDER, 1)
HEIGHTS(ADDER, 2)

#define BOTH(rows, nv) {signs_##rows##x##nv, masked_##rows##x##nv},
static adder *const ADD[NV][MR][2] = {{HEIGHTS(BOTH, 1)}, {HEIGHTS(BOTH, 2)}};

static void count(
    const problem *p, int32_t i, int32_t j, int32_t rows, int32_t width, int32_t *sums) {
  ADD[width > LANES][rows - 1][p->nonzero_step != 0](p, i, j, sums);
}

B1_BRGEMM(KERNEL)
