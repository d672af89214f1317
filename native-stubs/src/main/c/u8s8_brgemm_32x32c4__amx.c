/*
 * u8 x s8 -> int32 -> u8 on AMX: tdpbusd multiplies 16 rows x 64 k by 64 k x 16 columns.
 *
 *                       B[k/4][16][4]       the next group     tmm6 tmm7, 16 rows of 64 bytes
 *   A[0..15][64 k]      C[0..15][16]        C[0..15][16]       tmm4 x  =  tmm0 tmm1
 *   A[16..31][64 k]     C[16..31][16]       C[16..31][16]      tmm5 x  =  tmm2 tmm3
 *
 * registers: all 8 tiles. C begins with the bias, a row read 16 times; it goes through memory to the
 *            epilogue of the other tiers
 * range:     int32 wraps as the contract's does; tdpbusd does not saturate
 *
 * A tap is cut into steps of 16 quads, or is one shorter step. A last step that is not whole takes
 * the last 16 quads of B, some for the second time, and zeros from A for those: B is never copied and
 * the tiles keep their shape. A is read where it lies when its rows are evenly spaced and all steps
 * whole; otherwise a block of rows is copied to scratch before, padded so. Tiles are configured once
 * per block, for which reason a block has only full tiles or is one lower tile, and are released at
 * the end.
 */
#include "lanes_avx512.h"
#include "tiles_amx.h"
#include "u8s8_brgemm.h"

#define KERNEL u8s8_brgemm_32x32c4__amx

enum {
  HALF = 16, /* rows of a tile register */
  MR = 2 * HALF,
  NR = 2 * GROUP,
  STEP_QUADS = 16,
  STEP_BYTES = 64,  /* of a row of lhs */
  BLOCK_ROWS = 128, /* their lhs stays in L2; FfmGemmU8S8.amxScratchBytes knows it, too */
};

/* How the depth of one tap is cut. */
typedef struct {
  int64_t quads;  /* of the tap */
  int64_t whole;  /* steps of height quads each */
  int64_t height; /* 16 unless the tap is shorter */
} cut;

/* Row r of tap t of a block begins at at + r * stride + t * tap. */
typedef struct {
  const uint8_t *at;
  int64_t stride, tap;
} rows_of;

INLINE cut cut_of(int32_t k) {
  const int64_t quads = (k + 3) / 4;
  const int64_t height = quads == 0 ? 1 : quads < STEP_QUADS ? quads : STEP_QUADS;
  return (cut){quads, quads / height, height};
}

/* Whether the tiles may read lhs itself. */
INLINE int direct(const problem *p, const cut *c) {
  return p->row_offsets == NULL && p->k % 4 == 0 && c->quads % c->height == 0;
}

/* For tiles of that many rows. What was stored before is in memory when this returns. */
static void configure(const cut *c, int32_t rows) {
  configuration tiles __attribute__((aligned(64))) = {.palette = 1};
  const int32_t heights[2] = {rows < HALF ? rows : HALF, rows - HALF};
  for (int half = 0; half < 2 && heights[half] > 0; half++) {
    for (int column = 0; column < 2; column++) {
      tiles.rows[2 * half + column] = (uint8_t)heights[half];
      tiles.row_bytes[2 * half + column] = GROUP * sizeof(int32_t);
    }
    tiles.rows[4 + half] = (uint8_t)heights[half];
    tiles.row_bytes[4 + half] = (uint16_t)(4 * c->height);
    tiles.rows[6 + half] = (uint8_t)c->height;
    tiles.row_bytes[6 + half] = QUAD_ROW;
  }
  tiles.rows[7] = tiles.rows[6];
  tiles.row_bytes[7] = tiles.row_bytes[6];
  load_configuration(&tiles);
}

/*
 * Copies rows [i, i + rows) to [taps][rows][steps][64]. Quads a last step has in common with the one
 * before are 0 there, and so is what comes after k.
 */
static rows_of copy(const problem *p, const cut *c, int32_t i, int32_t rows, uint8_t *to) {
  const int64_t steps = (c->quads + c->height - 1) / c->height;
  const int64_t stride = (steps | 1) * STEP_BYTES; /* odd: rows spread over the sets of the cache */
  const rows_of copied = {to, stride, rows * stride};
  for (int32_t t = 0; t < p->taps; t++) {
    for (int32_t r = 0; r < rows; r++, to += stride) {
      const uint8_t *from = row(p, t, i + r);
      int64_t s = 0;
      for (; (s + 1) * STEP_BYTES <= p->k; s++) {
        _mm512_storeu_si512(to + s * STEP_BYTES, _mm512_loadu_si512(from + s * STEP_BYTES));
      }
      const int64_t left = p->k - s * STEP_BYTES;
      if (left > 0) {
        const int64_t again = s == 0 ? 0 : 4 * (s + 1) * STEP_QUADS - 4 * c->quads;
        const __mmask64 some = (((__mmask64)1 << left) - 1) << again;
        const uint8_t *first = (const uint8_t *)((uintptr_t)from + s * STEP_BYTES - again);
        _mm512_storeu_si512(to + s * STEP_BYTES, _mm512_maskz_loadu_epi8(some, first));
      }
    }
  }
  __asm__ volatile("" : : "r"(copied.at) : "memory");
  return copied;
}

/* Adds one step; halves and nv are constants. */
INLINE void step(
    const uint8_t *a, int64_t stride, const int8_t *b, int64_t group, const int halves,
    const int nv) {
  _tile_loadd(4, a, stride);
  _tile_loadd(6, b, QUAD_ROW);
  _tile_dpbusd(0, 4, 6);
  if (nv == 2) {
    _tile_loadd(7, b + group, QUAD_ROW);
    _tile_dpbusd(1, 4, 7);
  }
  if (halves == 2) {
    _tile_loadd(5, a + HALF * stride, stride);
    _tile_dpbusd(2, 5, 6);
    if (nv == 2) {
      _tile_dpbusd(3, 5, 7);
    }
  }
}

/*
 * Rows [i, i + rows) of nv groups of columns from j, where row 0 of a is row i; halves and nv are
 * constants.
 */
INLINE void tile(
    const problem *p, const cut *c, rows_of a, int32_t i, int32_t j, int32_t rows,
    const int halves, const int nv) {
  _tile_loadd(0, p->bias + j, 0);
  if (nv == 2) {
    _tile_loadd(1, p->bias + j + GROUP, 0);
  }
  if (halves == 2) {
    _tile_loadd(2, p->bias + j, 0);
    if (nv == 2) {
      _tile_loadd(3, p->bias + j + GROUP, 0);
    }
  }
  const int64_t group = group_bytes(p);
  const int64_t advance = c->height * QUAD_ROW;
  const int8_t *b = columns(p, j);
  for (int32_t t = 0; t < p->taps; t++, a.at += a.tap) {
    const uint8_t *x = a.at;
    const int8_t *next = b + tap_bytes(p);
    for (int64_t s = 0; s < c->whole; s++, x += STEP_BYTES, b += advance) {
      step(x, a.stride, b, group, halves, nv);
    }
    if (b != next) {
      step(x, a.stride, next - advance, group, halves, nv);
    }
    b = next;
  }
  int32_t sums[MR * NR] __attribute__((aligned(64)));
  const int width = nv * GROUP;
  const int64_t stride = width * (int64_t)sizeof sums[0];
  _tile_stored(0, sums, stride);
  if (nv == 2) {
    _tile_stored(1, sums + GROUP, stride);
  }
  if (halves == 2) {
    _tile_stored(2, sums + HALF * width, stride);
    if (nv == 2) {
      _tile_stored(3, sums + HALF * width + GROUP, stride);
    }
  }
  finish(p, sums, i, j, rows, width);
}

#define TILE(halves, nv)                                                                        \
  static void tile_##halves##x##nv(                                                             \
      const problem *p, const cut *c, rows_of a, int32_t i, int32_t j, int32_t rows) {          \
    tile(p, c, a, i, j, rows, halves, nv);                                                      \
  }
TILE(1, 1)
TILE(1, 2)
TILE(2, 1)
TILE(2, 2)

/* Rows [i, i + rows): a multiple of MR, or fewer. A part of rhs is read for all of them by turns. */
static void block(
    const problem *p, const cut *c, int32_t i, int32_t rows, int32_t n_from, uint8_t *scratch) {
  const rows_of lhs = {p->lhs + i * p->lhs_stride, p->lhs_stride, p->k};
  const rows_of a = direct(p, c) ? lhs : copy(p, c, i, rows, scratch);
  const int32_t height = rows < MR ? rows : MR;
  configure(c, height);
  for (int32_t j = n_from; j < p->out.n_to; j += NR) {
    const int two = p->out.n_to - j > GROUP;
    for (int32_t r = 0; r < rows; r += MR) {
      const rows_of from = {a.at + r * a.stride, a.stride, a.tap};
      if (height > HALF) {
        (two ? tile_2x2 : tile_2x1)(p, c, from, i + r, j, height);
      } else {
        (two ? tile_1x2 : tile_1x1)(p, c, from, i + r, j, height);
      }
    }
  }
}

LATHE_U8S8_BRGEMM(KERNEL) {
  problem p = PROBLEM;
  if (check_rows(&p, m_from, m_to, lhs_bytes) != 0) {
    return 1;
  }
  const cut c = cut_of(k);
  int32_t rows;
  for (int32_t i = m_from; i < m_to; i += rows) {
    const int32_t left = m_to - i;
    rows = left >= BLOCK_ROWS ? BLOCK_ROWS : left >= MR ? left / MR * MR : left;
    block(&p, &c, i, rows, n_from, scratch);
  }
  _tile_release();
  return 0;
}
