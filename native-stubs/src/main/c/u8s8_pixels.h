/*
 * Which pixels the cells of a slab are and which of its positions outputs, dev.lathe.kernel.SlabShape.
 * A lanes_*.h comes before.
 */
#ifndef LATHE_U8S8_PIXELS_H
#define LATHE_U8S8_PIXELS_H

#include "common.h"

/* dev.lathe.kernel.SlabAxis: of the axis's lanes only as many as are read. */
typedef struct {
  int32_t in, stride, dilation, pad, lanes, reach;
} axis;

typedef struct {
  int32_t k;
  axis height, width;
  int32_t pitch;      /* cells of a row */
  int64_t lane_pitch; /* elements */
  int64_t plane_pitch; /* where there are planes */
  const uint8_t *lhs;
  const uint8_t *lhs_end; /* nothing is read from here on */
  int64_t lhs_stride;
  const uint8_t *zero_row; /* what pixels outside the image are, a multiple of 64 bytes */
  const uint8_t **pixels;  /* room for those of all cells of a lane, and LANES more */
} image;

INLINE int32_t modulo(int32_t x, int32_t y) { return (x % y + y) % y; }

/* The input of a lane's cell; may lie outside [0, in). */
INLINE int32_t input(const axis *a, int32_t lane, int32_t cell) {
  const int32_t origin = (-a->pad - modulo(-a->pad, a->stride)) / a->stride;
  return a->stride * (cell + origin) + modulo(lane * a->dilation - a->pad, a->stride);
}

/* Where the pixels of a lane's cells begin; returns how many there are. */
static int32_t find_pixels(
    const image *s, int32_t lane_row, int32_t lane_column, int32_t row, int32_t cell_rows) {
  const int32_t first = input(&s->width, lane_column, 0);
  int32_t cells = 0;
  for (int32_t r = 0; r < cell_rows; r++) {
    const int32_t y = input(&s->height, lane_row, row + r);
    const int inside = y >= 0 && y < s->height.in;
    int32_t x = first;
    for (int32_t c = 0; c < s->pitch; c++, x += s->width.stride) {
      const int64_t pixel = (int64_t)y * s->width.in + x;
      s->pixels[cells++] =
          inside && x >= 0 && x < s->width.in ? s->lhs + pixel * s->lhs_stride : s->zero_row;
    }
  }
  for (int32_t l = 0; l < LANES; l++) {
    s->pixels[cells + l] = s->zero_row;
  }
  return cells;
}

/*
 * Of left positions of a block of output rows from row on, the first of which is position: how many
 * in a row are outputs, of which pixels, and after how many the next ones begin.
 */
typedef struct {
  int32_t pixel, count, advance;
} run;

INLINE run next_run(const image *s, int32_t row, int32_t position, int32_t left) {
  const int32_t width = s->pitch - s->width.reach;
  const int32_t column = position % s->pitch;
  const int32_t pixel = (row + position / s->pitch) * width + column;
  if (s->pitch == width) {
    return (run){pixel, left, left};
  }
  const int32_t count = width - column < left ? width - column : left;
  return (run){pixel, count > 0 ? count : 0, s->pitch - column};
}

/* The next part of scratch, aligned to 64. */
INLINE uint8_t *take(uint8_t **scratch, int64_t bytes) {
  uint8_t *part = *scratch;
  *scratch = part + (bytes + 63) / 64 * 64;
  return part;
}

/* What pixels outside the image are, in whole cache lines. */
INLINE const uint8_t *take_zero_row(uint8_t **scratch, int32_t k, int32_t zero_point) {
  uint8_t *row = take(scratch, k);
  for (int64_t i = 0; i < (k + 63) / 64 * 64; i++) {
    row[i] = (uint8_t)zero_point;
  }
  return row;
}

/* The image that the parameters of a LATHE_U8S8_SPMM describe, with pitches, zero_row and pixels. */
#define IMAGE                                                                              \
  {                                                                                        \
    k, {in_height, stride_height, dilation_height, pad_height, lanes_height, reach_height}, \
        {in_width, stride_width, dilation_width, pad_width, lanes_width, reach_width},     \
        pitch, lane_pitch, plane_pitch, lhs, lhs + lhs_bytes, lhs_stride, zero_row, pixels \
  }

#endif
