/*
 * What products of signs have in common; a lanes_*.h and
 *
 *   enum { MR, NR };     the tile
 *
 * come before, and after it
 *
 *   prepare(p, i, rows)              writes what it needs of rows [i, i + rows) to scratch
 *   count(p, i, j, rows, width, to)  int32 [rows][NR]: how many signs of columns [j, j + width) differ
 *                                    from those of the rows and are not 0
 *
 * lathe.h describes the operands. rhs is dev.lathe.kernel.pack.SignPanels.
 */
#ifndef LATHE_B1_BRGEMM_H
#define LATHE_B1_BRGEMM_H

#include "common.h"

enum { WORD_BYTES = 4 };

typedef struct {
  int64_t words; /* of a row */
  int32_t depth; /* signs of a row */
  int32_t n_to;
  const float *scales;
  const uint8_t *lhs;
  int64_t lhs_stride, nonzero_step; /* bytes */
  const uint8_t *rhs;
  float *dst;
  int64_t dst_stride;
  const float *bias, *addend;
  int64_t addend_stride;
  float min, max;
  uint8_t *scratch;
} problem;

/* Where row i is, and nonzero_step bytes on what is not 0 of it. */
INLINE const uint8_t *row(const problem *p, int32_t i) { return p->lhs + i * p->lhs_stride; }

INLINE int64_t row_bytes(const problem *p) { return p->words * WORD_BYTES; }

/* Signs of row i that are not 0. */
static int32_t nonzeros(const problem *p, int32_t i) {
  if (p->nonzero_step == 0) {
    return p->depth;
  }
  int32_t count = 0;
  for (int64_t b = 0; b < row_bytes(p); b += WORD_BYTES) {
    count += __builtin_popcount((uint32_t)load_quad(row(p, i) + p->nonzero_step + b));
  }
  return count;
}

/* C[i][j..] = clamp(float(most - 2 * sum) * scale + bias (+ addend)), of width columns. */
static void finish(
    const problem *p, const int32_t *sums, int32_t most, int32_t i, int32_t j, int32_t width) {
  const int clamps = p->min != -__builtin_inff() || p->max != __builtin_inff();
  float *to = p->dst + i * p->dst_stride + j;
  const float *plus = p->addend == NULL ? NULL : p->addend + i * p->addend_stride + j;
  for (int32_t v = 0; v < width; v += LANES) {
    const int32_t left = width - v;
    const ivec sum = i_load(sums + v);
    const ivec d = i_sub(i_set1(most), i_add(sum, sum));
    fvec y = f_mul(i_to_f(d), f_load(p->scales + j + v));
    if (p->bias != NULL) {
      y = f_add(y, f_load(p->bias + j + v));
    }
    if (plus != NULL) {
      y = f_add(y, f_load_first(plus + v, left));
    }
    if (clamps) {
      y = f_limit(y, f_set1(p->min), f_set1(p->max));
    }
    f_store_first(to + v, y, left);
  }
}

/* Rows [i, i + rows) of a tile and all its columns. */
static void prepare(const problem *p, int32_t i, int32_t rows);
static void count(
    const problem *p, int32_t i, int32_t j, int32_t rows, int32_t width, int32_t *sums);

static void tiles(const problem *p, int32_t i, int32_t rows, int32_t n_from) {
  int32_t sums[MR * NR] __attribute__((aligned(64)));
  int32_t most[MR];
  for (int32_t r = 0; r < rows; r++) {
    most[r] = nonzeros(p, i + r);
  }
  prepare(p, i, rows);
  for (int32_t j = n_from; j < p->n_to; j += NR) {
    const int32_t width = p->n_to - j < NR ? p->n_to - j : NR;
    count(p, i, j, rows, width, sums);
    for (int32_t r = 0; r < rows; r++) {
      finish(p, sums + r * NR, most[r], i + r, j, width);
    }
  }
}

/* The function of a name. */
#define B1_BRGEMM(name)                                                                       \
  LATHE_B1_BRGEMM(name) {                                                                     \
    const problem p = {words,         depth, n_to, scales,     lhs,  lhs_stride * WORD_BYTES, \
                       nonzero_step,  rhs,   dst,  dst_stride, bias, addend,                  \
                       addend_stride, min,   max,  scratch};                                  \
    for (int32_t i = m_from; i < m_to; i += MR) {                                             \
      tiles(&p, i, m_to - i < MR ? m_to - i : MR, n_from);                                    \
    }                                                                                         \
  }

#endif
