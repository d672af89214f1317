/*
 * The slab of a block of output rows, dev.lathe.kernel.SlabShape: NHWC pixels become columns of quads
 * of channels, so that a tap of consecutive positions lies side by side. A quads_*.h comes before.
 *
 *   slab [quads][PLANES][lanes of rows x lanes of columns][cell rows][pitch], 4 bytes each
 */
#ifndef LATHE_U8S8_SLAB_H
#define LATHE_U8S8_SLAB_H

#include "common.h"

/* Quads whose cache lines are filled before the next ones are begun. */
enum { FILLED_QUADS = 32 };

/* dev.lathe.kernel.SlabAxis: of the axis's lanes only as many as are read. */
typedef struct {
  int32_t in, stride, dilation, pad, lanes, reach;
} axis;

typedef struct {
  int32_t k;
  axis height, width;
  int32_t pitch;      /* cells of a row */
  int64_t lane_pitch; /* elements */
  int64_t plane_pitch;
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

/* LANES quads of a pixel from channel c on, of which only those before k are read. */
static ivec load_some(const uint8_t *pixel, int32_t c, int32_t k) {
  uint8_t bytes[4 * LANES] = {0};
  const int32_t count = k - c < 4 * LANES ? k - c : 4 * LANES;
  for (int32_t i = 0; i < count; i++) {
    bytes[i] = pixel[c + i];
  }
  return i_load((const int32_t *)(const void *)bytes);
}

/* Quads [from, to) of LANES pixels, of which the first count are stored; whole is known. */
INLINE void turn_pixels(
    const image *s, const uint8_t **pixels, int32_t from, int32_t to, int32_t count, int32_t *slab,
    const int whole) {
  for (int32_t q = from; q < to; q += LANES) {
    ivec x[LANES];
    UNROLL
    for (int l = 0; l < LANES; l++) {
      x[l] = whole ? i_load((const int32_t *)(const void *)(pixels[l] + 4 * q))
                   : load_some(pixels[l], 4 * q, s->k);
    }
    i_transpose(x);
    const int32_t quads = to - q < LANES ? to - q : LANES;
    int32_t *at = slab + q * PLANES * s->plane_pitch;
    if (count == LANES && quads == LANES) {
      UNROLL
      for (int r = 0; r < LANES; r++) {
        plane_store(at + r * PLANES * s->plane_pitch, s->plane_pitch, x[r], LANES);
      }
    } else {
      for (int32_t r = 0; r < quads; r++) {
        plane_store(at + r * PLANES * s->plane_pitch, s->plane_pitch, x[r], count);
      }
    }
  }
}

/* Whether LANES pixels may be read in whole vectors. */
INLINE int may_read(const image *s, const uint8_t **pixels) {
  const int64_t span = (s->k + 4 * LANES - 1) / (4 * LANES) * (4 * LANES);
  int may = 1;
  for (int32_t l = 0; l < LANES; l++) {
    may &= pixels[l] == s->zero_row || s->lhs_end - pixels[l] >= span;
  }
  return may;
}

/* Copies what output rows [row, row + rows) read. */
static void fill(const image *s, int32_t row, int32_t rows, int32_t *slab) {
  const int32_t quads = (s->k + 3) / 4;
  for (int32_t lane = 0; lane < s->height.lanes * s->width.lanes; lane++) {
    const int32_t lane_row = lane / s->width.lanes;
    const int32_t cells =
        find_pixels(s, lane_row, lane % s->width.lanes, row, rows + s->height.reach);
    const int32_t last = cells < LANES ? 0 : cells - LANES;
    const int32_t count = cells < LANES ? cells : LANES;
    for (int32_t q = 0; q < quads; q += FILLED_QUADS) {
      const int32_t end = quads - q < FILLED_QUADS ? quads : q + FILLED_QUADS;
      for (int32_t cell = 0; cell < cells; cell += LANES) {
        const int32_t first = cell < last ? cell : last;
        int32_t *to = slab + lane * s->lane_pitch + first;
        if (may_read(s, s->pixels + first)) {
          turn_pixels(s, s->pixels + first, q, end, count, to, 1);
        } else {
          turn_pixels(s, s->pixels + first, q, end, count, to, 0);
        }
      }
    }
  }
}

#endif
