/*
 * Rows of activations, rounded to int8 per block, times weights of 2 or 4 bits that are read as they
 * lie packed (dev.lathe.kernel.pack.PackedLevels: a lane of 32 bits holds consecutive k of a column,
 * the first in its highest bits).
 *
 * A lanes_*.h comes before, and
 *
 *   sums_vec               sums of products of LANES columns
 *   no_sums()
 *   dot(sums, x, y)        plus products of four levels >= 0 of each column and four activations
 *   numbers(sums)          as int32
 *
 *   lane, 4 bits       [k0 k1 | k2 k3 | k4 k5 | k6 k7]       flipped to levels >= 0, of which
 *   high halves        [   k0 |    k2 |    k4 |    k6]       meet activations in the same order,
 *   low halves         [   k1 |    k3 |    k5 |    k7]       which scratch has
 *
 * registers: 2 or 4 of sums, as many of lanes, 2 masks, 1 of activations, 1 of levels: 10 of 16
 * range:     of 32 k four lie in each lane of 8 bits and 16 in each of 16: sums of 16 products of at
 *            most 15 * 127 fit in int16; int32 after
 */
#ifndef LATHE_S8_LEVELS_H
#define LATHE_S8_LEVELS_H

#include "common.h"

enum {
  GROUP = 16, /* columns that are packed together */
  NV = GROUP / LANES,
  LANE_LEVELS_BYTES = 4 * GROUP, /* of a lane of all columns of a group */
  STEP = 32,                     /* k whose products a sum of 16 bits holds */
  AHEAD = 2048,                  /* bytes of weights that are asked for ahead */
};

/* What a block of activations was divided by, and its levels' sum. */
typedef struct {
  float scale;
  int32_t sum;
} row_block;

typedef struct {
  int32_t k, block; /* block is a multiple of 16 */
  const float *scales, *zero_points;
  const int8_t *levels;
  const row_block *blocks;
} row_levels;

/* Where activation k lies among those of its lane. */
INLINE int32_t place(int32_t k, const int bits) {
  const int32_t fields = 8 / bits;
  const int32_t byte = 3 - k / fields, field = fields - 1 - k % fields;
  return 4 * field + byte;
}

/* dev.lathe.kernel.RowBlock. */
INLINE row_block round_block(
    const float *from, int32_t first, int32_t count, int8_t *to, const int bits) {
  uint32_t most = 0;
  for (int32_t i = 0; i < count; i++) {
    uint32_t magnitude;
    __builtin_memcpy(&magnitude, from + first + i, sizeof magnitude);
    magnitude &= 0x7fffffff;
    most = magnitude > most ? magnitude : most;
  }
  float max;
  __builtin_memcpy(&max, &most, sizeof max);
  const int finite = most < 0x7f800000;
  row_block block = {finite ? 0 : __builtin_nanf(""), 0};
  if (!finite || max < 0x1p-119f) {
    return block;
  }
  block.scale = max / 127;
  const float inverse = 127 / max;
  const int32_t lane = 32 / bits;
  for (int32_t i = first; i < first + count; i++) {
    const int32_t level = (int32_t)__builtin_rintf(from[i] * inverse);
    to[i / lane * lane + place(i % lane, bits)] = (int8_t)level;
    block.sum += level;
  }
  return block;
}

/* Adds the products of a lane, of columns at w. */
INLINE void add_lane(const int8_t *a, const uint8_t *w, sums_vec sums[NV], const int bits) {
  const int32_t flip = bits == 4 ? (int32_t)0x88888888 : (int32_t)0xaaaaaaaa;
  const int32_t mask = bits == 4 ? 0x0f0f0f0f : 0x03030303;
  UNROLL
  for (int v = 0; v < NV; v++) {
    const ivec lanes = i_load((const int32_t *)(const void *)(w + v * BYTES));
    ivec levels = i_xor(lanes, i_set1(flip));
    UNROLL
    for (int field = 0; field < 8 / bits; field++) {
      const int32_t four = load_quad((const uint8_t *)a + 4 * field);
      sums[v] = dot(sums[v], i_and(levels, i_set1(mask)), i_set1(four));
      levels = i_shift(levels, bits);
    }
  }
}

/* Adds block b, of count k whose weights begin at w, to the results of a group of columns. */
INLINE void add_block(
    const row_levels *p, int64_t b, int32_t count, const uint8_t *w, int64_t at, fvec acc[NV],
    const int bits) {
  const int32_t per_lane = 32 / bits, lanes = (count + per_lane - 1) / per_lane;
  const int8_t *a = p->levels + b * p->block;
  const row_block block = p->blocks[b];
  ivec total[NV];
  UNROLL
  for (int v = 0; v < NV; v++) {
    total[v] = i_set1(-(1 << (bits - 1)) * block.sum);
  }
  for (int32_t lane = 0; lane < lanes; lane += STEP / per_lane) {
    sums_vec sums[NV];
    UNROLL
    for (int v = 0; v < NV; v++) {
      sums[v] = no_sums();
    }
    UNROLL
    for (int i = 0; i < STEP / per_lane; i++) {
      __builtin_prefetch(w + i * LANE_LEVELS_BYTES + AHEAD, 0, 3);
    }
    if (lanes - lane >= STEP / per_lane) {
      UNROLL
      for (int i = 0; i < STEP / per_lane; i++) {
        add_lane(a + i * per_lane, w + i * LANE_LEVELS_BYTES, sums, bits);
      }
    } else {
      for (int i = 0; i < lanes - lane; i++) {
        add_lane(a + i * per_lane, w + i * LANE_LEVELS_BYTES, sums, bits);
      }
    }
    a += STEP;
    w += STEP / per_lane * LANE_LEVELS_BYTES;
    UNROLL
    for (int v = 0; v < NV; v++) {
      total[v] = i_add(total[v], numbers(sums[v]));
    }
  }
  UNROLL
  for (int v = 0; v < NV; v++) {
    fvec d = i_to_f(total[v]);
    if (p->zero_points != NULL) {
      d = f_fma(f_load(p->zero_points + at + v * LANES), f_set1(-(float)block.sum), d);
    }
    acc[v] = f_fma(f_mul(f_load(p->scales + at + v * LANES), f_set1(block.scale)), d, acc[v]);
  }
}

INLINE void s8_levels(
    int32_t k, int32_t block, int32_t n_from, int32_t n_to, const float *lhs, const uint8_t *rhs,
    const float *scales, const float *zero_points, float *dst, const float *bias,
    const float *addend, float min, float max, uint8_t *scratch, const int bits) {
  const int64_t count = (k + (int64_t)block - 1) / block;
  const int64_t per_lane = 32 / bits, lanes = (k + per_lane - 1) / per_lane;
  row_block *blocks = (row_block *)(void *)scratch;
  int8_t *levels = (int8_t *)scratch + (count * (int64_t)sizeof *blocks + 63) / 64 * 64;
  for (int64_t i = 0; i < lanes * per_lane; i++) {
    levels[i] = 0;
  }
  for (int64_t b = 0; b < count; b++) {
    const int32_t first = (int32_t)b * block, left = k - first;
    blocks[b] = round_block(lhs, first, left < block ? left : block, levels, bits);
  }
  const row_levels p = {k, block, scales, zero_points, levels, blocks};
  const int64_t block_bytes = block / per_lane * LANE_LEVELS_BYTES;
  for (int32_t j = n_from; j < n_to; j += GROUP) {
    const uint8_t *w = rhs + j / GROUP * lanes * LANE_LEVELS_BYTES;
    fvec acc[NV];
    UNROLL
    for (int v = 0; v < NV; v++) {
      acc[v] = f_set1(0);
    }
    for (int64_t b = 0; b < count; b++) {
      const int32_t left = k - (int32_t)b * block;
      const int64_t at = (j / GROUP * count + b) * GROUP;
      add_block(&p, b, left < block ? left : block, w + b * block_bytes, at, acc, bits);
    }
    for (int32_t v = 0; v < NV && j + v * LANES < n_to; v++) {
      const int32_t n = j + v * LANES, some = n_to - n;
      fvec y = acc[v];
      if (bias != NULL) {
        y = f_add(y, f_load(bias + n));
      }
      if (addend != NULL) {
        y = f_add(y, f_load_first(addend + n, some));
      }
      f_store_first(dst + n, f_limit(y, f_set1(min), f_set1(max)), some);
    }
  }
}

#define S8_LEVELS(name, bits)                                                                    \
  LATHE_S8_LEVELS(name) {                                                                        \
    s8_levels(                                                                                   \
        k, block, n_from, n_to, lhs, rhs, scales, zero_points, dst, bias, addend, min, max,      \
        scratch, bits);                                                                          \
  }

#endif
