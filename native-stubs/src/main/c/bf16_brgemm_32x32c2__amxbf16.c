/*
 * fp32 x fp32 -> fp32 with both operands rounded to bf16, on AMX: tdpbf16ps multiplies 16 rows x 32 k
 * by 32 k x 16 columns and adds in fp32.
 *
 *                       B[k/2][16][2]       the next group     tmm6 tmm7, 16 rows of 64 bytes
 *   A[0..15][32 k]      C[0..15][16]        C[0..15][16]       tmm4 x  =  tmm0 tmm1
 *   A[16..31][32 k]     C[16..31][16]       C[16..31][16]      tmm5 x  =  tmm2 tmm3
 *
 * registers: all 8 tiles; C goes through memory to the epilogue
 * range:     that of fp32; denormal operands and sums count as 0
 *
 * Every tap is cut into steps of 32 k, the last one filled up with zeros, which rhs has, too. Rows
 * are rounded into scratch, a block at a time, and all columns are multiplied by it. Nothing but the
 * tiles needs more than AVX2, so the file can be tested by emulating those.
 */
#include "tiles_amx.h"

#define KERNEL bf16_brgemm_32x32c2__amxbf16

enum {
  HALF = 16, /* rows of a tile register */
  MR = 2 * HALF,
  GROUP = 16,
  NR = 2 * GROUP,
  STEP = 32, /* k of a step */
  STEP_BYTES = 64,
  TILE_BYTES = 16 * STEP_BYTES,
  LANES = 8,
};

typedef struct {
  int32_t m, k, taps, n_to;
  const float *lhs;
  int64_t lhs_stride;
  const int32_t *row_offsets;
  const float *zero_row;
  const uint8_t *rhs;
  float *dst;
  int64_t dst_stride;
  const float *bias;
  const float *addend;
  int64_t addend_stride;
  float min, max;
} problem;

INLINE int64_t steps_of(const problem *p) { return ((int64_t)p->k + STEP - 1) / STEP; }

/* Bytes between rounded rows: odd in cache lines, so that rows spread over the sets of the cache. */
INLINE int64_t row_bytes(const problem *p) { return (steps_of(p) | 1) * STEP_BYTES; }

/* Where row i of tap t lies. */
INLINE const float *row(const problem *p, int32_t t, int32_t i) {
  if (p->row_offsets == NULL) {
    return p->lhs + i * p->lhs_stride + (int64_t)t * p->k;
  }
  const int32_t offset = p->row_offsets[(int64_t)t * p->m + i];
  return offset < 0 ? p->zero_row : p->lhs + offset;
}

/* 0 when rows [m_from, m_to) lie in lhs_bytes bytes of lhs. */
static int32_t check_rows(const problem *p, int32_t m_from, int32_t m_to, int64_t lhs_bytes) {
  for (int32_t t = 0; t < p->taps && p->row_offsets != NULL; t++) {
    for (int32_t i = m_from; i < m_to; i++) {
      const int64_t offset = p->row_offsets[(int64_t)t * p->m + i];
      if (offset < 0 ? p->zero_row == NULL : (offset + p->k) * 4 > lhs_bytes) {
        return 1;
      }
    }
  }
  return 0;
}

/* The upper halves of eight floats after rounding to nearest even; a NaN stays one. */
INLINE __m256i round_8(__m256 x) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i near =
      _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
  return _mm256_srli_epi32(_mm256_blendv_epi8(near, quiet, nan), 16);
}

INLINE void round_16(const float *from, uint8_t *to) {
  const __m256i low = round_8(_mm256_loadu_ps(from));
  const __m256i high = round_8(_mm256_loadu_ps(from + LANES));
  const __m256i both = _mm256_permute4x64_epi64(_mm256_packus_epi32(low, high), 0xd8);
  _mm256_storeu_si256((__m256i *)(void *)to, both);
}

/* Rounds rows [i, i + rows) to [taps][rows][steps][32]. */
static void round_rows(const problem *p, int32_t i, int32_t rows, uint8_t *to) {
  const int64_t stride = row_bytes(p);
  const int64_t whole = p->k / 16 * 16;
  const int64_t padded = steps_of(p) * STEP;
  for (int32_t t = 0; t < p->taps; t++) {
    for (int32_t r = 0; r < rows; r++, to += stride) {
      const float *from = row(p, t, i + r);
      int64_t k = 0;
      for (; k < whole; k += 16) {
        round_16(from + k, to + 2 * k);
      }
      for (; k < padded; k += 16) {
        float some[16] = {0};
        for (int64_t q = k; q < p->k && q < k + 16; q++) {
          some[q - k] = from[q];
        }
        round_16(some, to + 2 * k);
      }
    }
  }
  __asm__ volatile("" : : "r"(to) : "memory");
}

/* For tiles of that many rows. */
static void configure(int32_t rows) {
  configuration tiles __attribute__((aligned(64))) = {.palette = 1};
  const int32_t heights[2] = {rows < HALF ? rows : HALF, rows - HALF};
  for (int half = 0; half < 2 && heights[half] > 0; half++) {
    const int registers[3] = {2 * half, 2 * half + 1, 4 + half};
    for (int which = 0; which < 3; which++) {
      tiles.rows[registers[which]] = (uint8_t)heights[half];
      tiles.row_bytes[registers[which]] = STEP_BYTES;
    }
  }
  for (int b = 6; b < 8; b++) {
    tiles.rows[b] = STEP / 2;
    tiles.row_bytes[b] = STEP_BYTES;
  }
  load_configuration(&tiles);
}

/* C[m][n] = clamp(sum + bias (+ addend)), of rows [i, i + rows) of sums[..][NR], columns from j on. */
__attribute__((noinline)) static void finish(
    const problem *p, const float *sums, int32_t i, int32_t j, int32_t rows) {
  const int32_t count = p->n_to - j < NR ? p->n_to - j : NR;
  const __m256 min = _mm256_set1_ps(p->min), max = _mm256_set1_ps(p->max);
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  for (int32_t r = 0; r < rows; r++, sums += NR) {
    float *to = p->dst + (i + r) * p->dst_stride + j;
    const float *plus = p->addend == NULL ? NULL : p->addend + (i + r) * p->addend_stride + j;
    for (int32_t v = 0; v < count; v += LANES) {
      const __m256i there = _mm256_cmpgt_epi32(_mm256_set1_epi32(count - v), lane);
      __m256 x = _mm256_loadu_ps(sums + v);
      if (p->bias != NULL) {
        x = _mm256_add_ps(x, _mm256_loadu_ps(p->bias + j + v));
      }
      if (plus != NULL) {
        x = _mm256_add_ps(x, _mm256_maskload_ps(plus + v, there));
      }
      x = _mm256_blendv_ps(x, min, _mm256_cmp_ps(x, min, _CMP_LE_OQ));
      x = _mm256_blendv_ps(x, max, _mm256_cmp_ps(x, max, _CMP_GE_OQ));
      _mm256_maskstore_ps(to + v, there, x);
    }
  }
}

/* Adds one step; halves and nv are constants. */
INLINE void step(
    const uint8_t *a, int64_t stride, const uint8_t *b, int64_t group, const int halves,
    const int nv) {
  _tile_loadd(4, a, stride);
  _tile_loadd(6, b, STEP_BYTES);
  _tile_dpbf16ps(0, 4, 6);
  if (nv == 2) {
    _tile_loadd(7, b + group, STEP_BYTES);
    _tile_dpbf16ps(1, 4, 7);
  }
  if (halves == 2) {
    _tile_loadd(5, a + HALF * stride, stride);
    _tile_dpbf16ps(2, 5, 6);
    if (nv == 2) {
      _tile_dpbf16ps(3, 5, 7);
    }
  }
}

/* Rows [i, i + rows) of nv groups of columns from j; a is rounded row i of tap 0. */
INLINE void tile(
    const problem *p, const uint8_t *a, int64_t tap, int32_t i, int32_t j, int32_t rows,
    const int halves, const int nv) {
  const int64_t stride = row_bytes(p);
  const int64_t steps = steps_of(p);
  const int64_t group = p->taps * steps * TILE_BYTES;
  const uint8_t *b = p->rhs + j / GROUP * group;
  _tile_zero(0);
  if (nv == 2) {
    _tile_zero(1);
  }
  if (halves == 2) {
    _tile_zero(2);
    if (nv == 2) {
      _tile_zero(3);
    }
  }
  for (int32_t t = 0; t < p->taps; t++, a += tap) {
    for (int64_t s = 0; s < steps; s++, b += TILE_BYTES) {
      step(a + s * STEP_BYTES, stride, b, group, halves, nv);
    }
  }
  float sums[MR * NR] __attribute__((aligned(64)));
  const int64_t width = NR * (int64_t)sizeof sums[0];
  _tile_stored(0, sums, width);
  if (nv == 2) {
    _tile_stored(1, sums + GROUP, width);
  }
  if (halves == 2) {
    _tile_stored(2, sums + HALF * NR, width);
    if (nv == 2) {
      _tile_stored(3, sums + HALF * NR + GROUP, width);
    }
  }
  finish(p, sums, i, j, rows);
}

#define TILE(halves, nv)                                                                      \
  static void tile_##halves##x##nv(                                                           \
      const problem *p, const uint8_t *a, int64_t tap, int32_t i, int32_t j, int32_t rows) {  \
    tile(p, a, tap, i, j, rows, halves, nv);                                                  \
  }
TILE(1, 1)
TILE(1, 2)
TILE(2, 1)
TILE(2, 2)

/* Rows [i, i + rows): a multiple of MR, or fewer. */
static void block(
    const problem *p, int32_t i, int32_t rows, int32_t n_from, uint8_t *scratch) {
  const int64_t stride = row_bytes(p);
  const int64_t tap = rows * stride;
  round_rows(p, i, rows, scratch);
  const int32_t height = rows < MR ? rows : MR;
  configure(height);
  for (int32_t j = n_from; j < p->n_to; j += NR) {
    const int two = p->n_to - j > GROUP;
    for (int32_t r = 0; r < rows; r += MR) {
      if (height > HALF) {
        (two ? tile_2x2 : tile_2x1)(p, scratch + r * stride, tap, i + r, j, height);
      } else {
        (two ? tile_1x2 : tile_1x1)(p, scratch + r * stride, tap, i + r, j, height);
      }
    }
  }
}

LATHE_BF16_BRGEMM(KERNEL) {
  const problem p = {m,   k,          taps, n_to, lhs,    lhs_stride,    row_offsets, zero_row,
                     rhs, dst,        dst_stride, bias, addend, addend_stride, min,         max};
  if (check_rows(&p, m_from, m_to, lhs_bytes) != 0) {
    return 1;
  }
  const int64_t room = scratch_bytes / (taps * row_bytes(&p)) / MR * MR;
  int32_t rows;
  for (int32_t i = m_from; i < m_to; i += rows) {
    const int32_t left = m_to - i;
    const int32_t most = left >= MR ? left / MR * MR : left;
    rows = most < MR || most <= room ? most : (int32_t)room;
    block(&p, i, rows, n_from, scratch);
  }
  _tile_release();
  return 0;
}
