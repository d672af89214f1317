/*
 * u8 x s8 -> int32 -> u8 on AMX with sparse weights: the product of u8s8_brgemm_32x32c4__amx with a
 * list of those tiles of 64 channels x 16 output channels that are not all zero.
 *
 *                      B[16][16][4] of an entry     tmm6, 16 rows of 64 bytes
 *   A[0..15][64 k]     C[0..15][16]                 tmm4 x tmm6 = tmm0, tmm5 x tmm6 = tmm1,
 *    ...                                            tmm4 x tmm6 = tmm2, tmm5 x tmm6 = tmm3
 *   A[48..63][64 k]    C[48..63][16]
 *
 *   slab [lanes of rows x lanes of columns][cell rows][pitch][row_bytes], pixels as they are: a tap
 *        and 64 channels of consecutive positions are row_bytes apart
 *
 * registers: 7 of 8 tiles. C begins with the bias, a row read 16 times; it goes through memory to the
 *            epilogue of the other tiers
 * range:     int32 wraps as the contract's does; tdpbusd does not saturate
 *
 * Bytes after the channels of a pixel are of any value: the weights are zero there. So are rows of the
 * last tile that are no positions, which are not stored.
 */
#include "lanes_avx512.h"
#include "tiles_amx.h"
#include "u8s8_pixels.h"
#include "u8s8_store.h"

#define KERNEL u8s8_spmm_64x16c64__amx

enum {
  HALF = 16, /* rows of a tile register */
  MR = 4 * HALF,
  NR = 16,
  STEP_BYTES = 64,                   /* of a pixel */
  ENTRY = 64 + NR * STEP_BYTES,      /* the offset has a cache line of its own */
  TILE_BYTES = NR * sizeof(int32_t), /* of a row of sums */
};

static void configure(void) {
  configuration tiles __attribute__((aligned(64))) = {.palette = 1};
  for (int tile = 0; tile < 7; tile++) {
    tiles.rows[tile] = HALF;
    tiles.row_bytes[tile] = STEP_BYTES;
  }
  load_configuration(&tiles);
}

/* Copies what output rows [row, row + rows) read. */
static void copy_pixels(
    const image *s, int32_t row, int32_t rows, int64_t row_bytes, uint8_t *slab) {
  for (int32_t lane = 0; lane < s->height.lanes * s->width.lanes; lane++) {
    const int32_t lane_row = lane / s->width.lanes;
    const int32_t cells =
        find_pixels(s, lane_row, lane % s->width.lanes, row, rows + s->height.reach);
    uint8_t *to = slab + lane * s->lane_pitch * row_bytes;
    for (int32_t cell = 0; cell < cells; cell++, to += row_bytes) {
      const uint8_t *from = s->pixels[cell];
      for (int32_t c = 0; c < s->k; c += STEP_BYTES) {
        const int32_t left = s->k - c;
        const __mmask64 some =
            left < STEP_BYTES ? ((__mmask64)1 << left) - 1 : ~(__mmask64)0;
        _mm512_storeu_si512(to + c, _mm512_maskz_loadu_epi8(some, from + c));
      }
    }
  }
  __asm__ volatile("" : : "r"(slab) : "memory");
}

/* Sums of halves times 16 positions, of which slab is the first; halves is a constant. */
INLINE void add_list(
    const uint8_t *e, const uint8_t *end, const uint8_t *slab, int64_t row_bytes,
    const int32_t *bias, int32_t *sums, const int halves) {
  _tile_loadd(0, bias, 0);
  if (halves > 1) {
    _tile_loadd(1, bias, 0);
  }
  if (halves > 2) {
    _tile_loadd(2, bias, 0);
  }
  if (halves > 3) {
    _tile_loadd(3, bias, 0);
  }
  for (; e < end; e += ENTRY) {
    const uint8_t *x = slab + load_quad(e);
    _tile_loadd(6, e + 64, STEP_BYTES);
    _tile_loadd(4, x, row_bytes);
    _tile_dpbusd(0, 4, 6);
    if (halves > 1) {
      _tile_loadd(5, x + HALF * row_bytes, row_bytes);
      _tile_dpbusd(1, 5, 6);
    }
    if (halves > 2) {
      _tile_loadd(4, x + 2 * HALF * row_bytes, row_bytes);
      _tile_dpbusd(2, 4, 6);
    }
    if (halves > 3) {
      _tile_loadd(5, x + 3 * HALF * row_bytes, row_bytes);
      _tile_dpbusd(3, 5, 6);
    }
  }
  _tile_stored(0, sums, TILE_BYTES);
  if (halves > 1) {
    _tile_stored(1, sums + HALF * NR, TILE_BYTES);
  }
  if (halves > 2) {
    _tile_stored(2, sums + 2 * HALF * NR, TILE_BYTES);
  }
  if (halves > 3) {
    _tile_stored(3, sums + 3 * HALF * NR, TILE_BYTES);
  }
}

#define LIST(halves)                                                                          \
  __attribute__((noinline)) static void list_##halves(                                        \
      const uint8_t *e, const uint8_t *end, const uint8_t *slab, int64_t row_bytes,           \
      const int32_t *bias, int32_t *sums) {                                                   \
    add_list(e, end, slab, row_bytes, bias, sums, halves);                                    \
  }
LIST(1)
LIST(2)
LIST(3)
LIST(4)

static void any_list(
    const uint8_t *e, const uint8_t *end, const uint8_t *slab, int64_t row_bytes,
    const int32_t *bias, int32_t *sums, int32_t halves) {
  switch (halves) {
    case 1:
      list_1(e, end, slab, row_bytes, bias, sums);
      break;
    case 2:
      list_2(e, end, slab, row_bytes, bias, sums);
      break;
    case 3:
      list_3(e, end, slab, row_bytes, bias, sums);
      break;
    default:
      list_4(e, end, slab, row_bytes, bias, sums);
  }
}

LATHE_U8S8_SPMM(KERNEL) {
  (void)chunks;
  const int32_t n_to = n;
  const results out = RESULTS;
  const int32_t pitch = out_width + reach_width;
  const int64_t lane_pitch = (int64_t)(block_rows + reach_height) * pitch;
  /* Odd: rows spread over the sets of the cache; FfmSpmmTiles knows it, too. */
  const int64_t row_bytes = ((k + STEP_BYTES - 1) / STEP_BYTES | 1) * STEP_BYTES;
  const uint8_t *zero_row = take_zero_row(&scratch, k, lhs_zero_point);
  const uint8_t **pixels = (const uint8_t **)(void *)take(&scratch, 8 * (lane_pitch + LANES));
  int32_t *sums = (int32_t *)(void *)take(&scratch, MR * TILE_BYTES);
  uint8_t *slab = scratch;
  const image s = IMAGE;
  const int32_t lists = (n + NR - 1) / NR;
  const int32_t *starts = (const int32_t *)(const void *)rhs;
  const uint8_t *entries = rhs + (4 * ((int64_t)lists + 1) + 63) / 64 * 64;
  configure();
  for (int32_t row = row_from; row < row_to; row += block_rows) {
    const int32_t rows = row_to - row < block_rows ? row_to - row : block_rows;
    copy_pixels(&s, row, rows, row_bytes, slab);
    const int32_t positions = (rows - 1) * pitch + out_width;
    for (int32_t j = 0; j < lists; j++) {
      const uint8_t *e = entries + (int64_t)starts[j] * ENTRY;
      const uint8_t *end = entries + (int64_t)starts[j + 1] * ENTRY;
      for (int32_t from = 0; from < positions; from += MR) {
        const int32_t count = positions - from < MR ? positions - from : MR;
        const uint8_t *at = slab + from * row_bytes;
        any_list(e, end, at, row_bytes, bias + j * NR, sums, (count + HALF - 1) / HALF);
        for (int32_t p = 0; p < count;) {
          const run r = next_run(&s, row, from + p, count - p);
          if (r.count > 0) {
            store_tile(&out, sums + p * NR, r.pixel, j * NR, r.count, NR);
          }
          p += r.advance;
        }
      }
    }
  }
  _tile_release();
}
