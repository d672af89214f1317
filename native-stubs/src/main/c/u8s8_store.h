/*
 * Where the accumulators of integer products and convolutions go; a lanes_*.h comes before. lathe.h
 * describes the operands.
 */
#ifndef LATHE_U8S8_STORE_H
#define LATHE_U8S8_STORE_H

#include "common.h"
#include "requantize.h"

typedef struct {
  int32_t n_to;
  void *dst;
  int64_t dst_stride;
  const float *scale;
  requantize epilogue;
} results;

/* The results that the parameters of a product of lathe.h describe; columns end at n_to. */
#define RESULTS                                                                            \
  {                                                                                        \
    n_to, dst, dst_stride, scale, {                                                        \
      zero_point, min, max, addend, addend_stride, lhs_ratio, rhs_ratio, sum_offset,       \
          addend_first                                                                     \
    }                                                                                      \
  }

/* Stores rows of sums. */
static void store_sums(
    const results *p, const int32_t *acc, int32_t i, int32_t j, int32_t rows, int32_t width) {
  const int32_t count = p->n_to - j < width ? p->n_to - j : width;
  int32_t *to = (int32_t *)p->dst + i * p->dst_stride + j;
  for (int32_t r = 0; r < rows; r++, acc += width, to += p->dst_stride) {
    int32_t v = 0;
    for (; v + LANES <= count; v += LANES) {
      i_store(to + v, i_load(acc + v));
    }
    for (; v < count; v++) {
      to[v] = acc[v];
    }
  }
}

/*
 * Requantizes and stores rows of count <= LANES columns; four rows at a time where levels may be
 * rounded before they are clamped.
 */
INLINE void store(
    const results *p, const int32_t *acc, int32_t i, int32_t j, int32_t rows, int32_t width,
    int32_t count, const int with) {
  const fvec scale = finite(f_load(p->scale + j));
  const requantize *e = &p->epilogue;
  const int64_t stride = p->dst_stride;
  const int64_t from_stride = with ? e->addend_stride : 0;
  uint8_t *to = (uint8_t *)p->dst + i * stride + j;
  const uint8_t *from = with ? e->addend + i * from_stride + j : NULL;
  const int fits = count == LANES && (with ? sums_fit(e) : f_below_one(scale));
  int32_t r = 0;
  for (; fits && r + 4 <= rows; r += 4, acc += 4 * width) {
    ivec x[4];
    UNROLL
    for (int q = 0; q < 4; q++) {
      x[q] = i_load(acc + q * width);
    }
    store_4(e, x, scale, to, stride, from, from_stride);
    to += 4 * stride;
    from += 4 * from_stride;
  }
  for (; r < rows; r++, acc += width, to += stride, from += from_stride) {
    store_u8(to, requantized(e, i_load(acc), scale, from, count), count);
  }
}

/* The levels of columns [j, j + width) that there are. */
INLINE void store_columns(
    const results *p, const int32_t *acc, int32_t i, int32_t j, int32_t rows, int32_t width,
    const int with) {
  for (int32_t v = 0; v < width && j + v < p->n_to; v += LANES) {
    if (p->n_to - (j + v) >= LANES) {
      store(p, acc + v, i, j + v, rows, width, LANES, with);
    } else {
      store(p, acc + v, i, j + v, rows, width, p->n_to - (j + v), with);
    }
  }
}

/*
 * Requantizes, where there is a scale, and stores a tile of rows from i and width columns from j, a
 * multiple of LANES: accumulators [rows][width] that hold their bias. Columns from n_to on are left
 * out.
 *
 * It stands apart from the tile: what the compiler keeps for it in registers would push out
 * accumulators.
 */
__attribute__((noinline)) static void store_tile(
    const results *p, const int32_t *acc, int32_t i, int32_t j, int32_t rows, int32_t width) {
  if (p->scale == NULL) {
    store_sums(p, acc, i, j, rows, width);
    return;
  }
  if (p->epilogue.addend == NULL) {
    store_columns(p, acc, i, j, rows, width, 0);
  } else {
    store_columns(p, acc, i, j, rows, width, 1);
  }
}

#endif
