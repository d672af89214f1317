/*
 * What integer products have in common; a lanes_*.h comes before. lathe.h describes the operands.
 *
 * rhs is dev.lathe.kernel.pack.QuadsS8: [n/16][taps][k/4][16][4], in groups of 16 columns whose
 * rows of 64 bytes hold four k of each column.
 */
#ifndef LATHE_U8S8_BRGEMM_H
#define LATHE_U8S8_BRGEMM_H

#include "common.h"
#include "u8s8_store.h"

enum { GROUP = 16, QUAD_ROW = 64 };

/* What a tap of a group of columns begins with, where it does not begin with quads. */
#ifndef HEAD_BYTES
#define HEAD_BYTES(k) 0
#endif

typedef struct {
  int32_t m, k, taps;
  int64_t quads; /* of a tap of a row that may be read whole */
  int32_t tail;  /* elements after them */
  const uint8_t *lhs;
  int64_t lhs_stride;
  const int32_t *row_offsets;
  const uint8_t *zero_row;
  const int8_t *rhs;
  const int32_t *rhs_zero_points;
  const int32_t *bias;
  results out;
  const int32_t *begins; /* what accumulators of the columns from panel begin with */
  int32_t panel;
  const int8_t *ahead, *ahead_end; /* what is left to ask for of the next panel of rhs */
  int32_t ahead_share;             /* bytes of it for each quad of a tile's depth */
  int64_t head_bytes, tap_bytes;   /* of a group of columns of rhs */
} problem;

/* Asks for the share of the next panel that belongs to quads of a tile's depth. */
INLINE void ask_ahead(problem *p, int64_t quads) {
  const int8_t *stop = p->ahead + quads * p->ahead_share;
  const int8_t *at = p->ahead;
  for (; at < stop && at < p->ahead_end; at += QUAD_ROW) {
    __builtin_prefetch(at, 0, 2);
  }
  p->ahead = at;
}

/* Where row i of tap t lies. */
INLINE const uint8_t *row(const problem *p, int32_t t, int32_t i) {
  if (p->row_offsets == NULL) {
    return p->lhs + i * p->lhs_stride + (int64_t)t * p->k;
  }
  const int32_t offset = p->row_offsets[(int64_t)t * p->m + i];
  return offset < 0 ? p->zero_row : p->lhs + offset;
}

/* Bytes of one tap of a group of columns, and of all. */
INLINE int64_t tap_bytes(const problem *p) { return p->tap_bytes; }
INLINE int64_t group_bytes(const problem *p) { return p->taps * tap_bytes(p); }

/* Where the quads of column j of tap 0 begin; j is a multiple of a vector's lanes. */
INLINE const int8_t *columns(const problem *p, int32_t j) {
  return p->rhs + j / GROUP * group_bytes(p) + p->head_bytes + j % GROUP * 4;
}

/* Sum of the elements of row i over all taps. */
static int32_t row_sum(const problem *p, int32_t i) {
  int32_t sum = 0;
  for (int32_t t = 0; t < p->taps; t++) {
    sum += sum_u8(row(p, t, i), p->k);
  }
  return sum;
}

/* Subtracts (sum of the row of lhs) * (zero point of the column of rhs). */
static void correct(
    const problem *p, int32_t *acc, int32_t i, int32_t j, int32_t rows, int32_t width) {
  for (int32_t r = 0; r < rows; r++, acc += width) {
    const ivec sum = i_set1(row_sum(p, i + r));
    for (int32_t v = 0; v < width; v += LANES) {
      const ivec zero = i_load(p->rhs_zero_points + j + v);
      i_store(acc + v, i_sub(i_load(acc + v), i_mul(sum, zero)));
    }
  }
}

/*
 * The epilogue of a tile of rows from i and width columns from j, a multiple of LANES: of
 * accumulators [rows][width] that hold their bias.
 */
INLINE void finish(
    const problem *p, int32_t *acc, int32_t i, int32_t j, int32_t rows, int32_t width) {
  if (p->rhs_zero_points != NULL) {
    correct(p, acc, i, j, rows, width);
  }
  store_tile(&p->out, acc, i, j, rows, width);
}

/*
 * The end of the last row of rows [m_from, m_to) in lhs, or -1 when one is a zero row that is
 * missing; *all is 0 when one is the zero row.
 */
static int64_t rows_end(const problem *p, int32_t m_from, int32_t m_to, int *all) {
  *all = 1;
  if (p->row_offsets == NULL) {
    return (m_to - 1) * p->lhs_stride + (int64_t)p->taps * p->k;
  }
  int32_t first = 0;
  int32_t last = -p->k;
  for (int32_t t = 0; t < p->taps; t++) {
    const int32_t *offsets = p->row_offsets + (int64_t)t * p->m;
    for (int32_t i = m_from; i < m_to; i++) {
      first = offsets[i] < first ? offsets[i] : first;
      last = offsets[i] > last ? offsets[i] : last;
    }
  }
  *all = first == 0;
  return first < 0 && p->zero_row == NULL ? -1 : last + (int64_t)p->k;
}

/* 0 when rows [m_from, m_to) lie in lhs_bytes bytes of lhs; then p's quads and tail are set. */
static int32_t check_rows(problem *p, int32_t m_from, int32_t m_to, int64_t lhs_bytes) {
  int all_in_lhs;
  const int64_t end = rows_end(p, m_from, m_to, &all_in_lhs);
  if (end < 0 || end > lhs_bytes) {
    return 1;
  }
  p->quads = p->k / 4;
  p->tail = p->k % 4;
  /* A last, partial quad is read whole where lhs goes on long enough, for rhs is zero there. */
  if (p->tail != 0 && all_in_lhs && end + 4 - p->tail <= lhs_bytes) {
    p->quads++;
    p->tail = 0;
  }
  return 0;
}

/* The problem that the parameters of a LATHE_U8S8_BRGEMM describe; check_rows completes it. */
#define PROBLEM                                                                             \
  {                                                                                         \
    m, k, taps, 0, 0, lhs, lhs_stride, row_offsets, zero_row, rhs, rhs_zero_points, bias,   \
        RESULTS, bias, 0, NULL, NULL, 0, HEAD_BYTES(k),                                     \
        HEAD_BYTES(k) + (k + 3) / 4 * (int64_t)QUAD_ROW                                     \
  }

/* DO(mr, nv) for every height of a tile. */
#define HEIGHTS_3(DO, nv) DO(1, nv) DO(2, nv) DO(3, nv)
#define HEIGHTS_4(DO, nv) HEIGHTS_3(DO, nv) DO(4, nv)
#define HEIGHTS_6(DO, nv) HEIGHTS_4(DO, nv) DO(5, nv) DO(6, nv)
#define HEIGHTS_8(DO, nv) HEIGHTS_6(DO, nv) DO(7, nv) DO(8, nv)
#define HEIGHTS_12(DO, nv) HEIGHTS_8(DO, nv) DO(9, nv) DO(10, nv) DO(11, nv) DO(12, nv)

/* DO(mr, nv) for every size of a tile. */
#define WIDTHS_2(HEIGHTS, DO) HEIGHTS(DO, 1) HEIGHTS(DO, 2)
#define WIDTHS_4(HEIGHTS, DO) WIDTHS_2(HEIGHTS, DO) HEIGHTS(DO, 3) HEIGHTS(DO, 4)

#endif
