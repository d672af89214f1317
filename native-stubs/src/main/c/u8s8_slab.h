/*
 * The slab of a block of output rows, dev.lathe.kernel.SlabShape: NHWC pixels become columns of quads
 * of channels, so that a tap of consecutive positions lies side by side. A quads_*.h comes before.
 *
 *   slab [quads][PLANES][lanes of rows x lanes of columns][cell rows][pitch], 4 bytes each
 */
#ifndef LATHE_U8S8_SLAB_H
#define LATHE_U8S8_SLAB_H

#include "u8s8_pixels.h"

/* Quads whose cache lines are filled before the next ones are begun. */
enum { FILLED_QUADS = 32 };

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
