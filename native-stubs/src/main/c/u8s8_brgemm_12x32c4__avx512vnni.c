/*
 * u8 x s8 -> int32 (-> u8) on vpdpbusd.
 *
 *   for a block of rows            its part of lhs stays in L2
 *     for a panel of 32 columns    32 * taps * k bytes of rhs, in L1 or L2
 *       for a tile of <= 12 rows   24 accumulators over the whole depth, then the epilogue
 *
 *             B[k/4][0..15][4]  B[k/4][16..31][4]      2 loads per quad of k
 *   A[0][k..k+3]   acc[0][0]        acc[0][1]          1 broadcast and 2 vpdpbusd per row
 *    ...                ...              ...
 *   A[11][k..k+3]  acc[11][0]       acc[11][1]
 *
 * registers: 24 accumulators, 2 of B, 1 to 3 of A: at most 29 of 32
 * range:     int32 wraps as the contract's does; vpdpbusd does not saturate
 * A last, partial quad of a row is read whole where lhs goes on long enough, for B is zero there;
 * else under a mask, which cannot fault.
 */
#include <immintrin.h>
#include <stddef.h>

#include "lathe.h"

enum { MR = 12, LANES = 16, NR = 2 * LANES, QUAD_ROW = 64 };

/* Vectors of columns of a single row, which has no other accumulators to hide latency with. */
enum { WIDE = 8 };

/* Bytes of lhs a block of rows may have. */
enum { BLOCK_BYTES = 256 << 10 };

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

typedef struct {
  int32_t m, k, taps, n_to;
  int64_t quads; /* of a tap of a row that are read whole */
  int32_t tail;  /* elements after them */
  const uint8_t *lhs;
  int64_t lhs_stride;
  const int32_t *row_offsets;
  const uint8_t *zero_row;
  const int8_t *rhs;
  const int32_t *rhs_zero_points;
  void *dst;
  int64_t dst_stride;
  const int32_t *bias;
  const float *scale;
  int32_t zero_point, min, max;
  const uint8_t *addend;
  int64_t addend_stride;
  float lhs_ratio, rhs_ratio, sum_offset;
  int32_t addend_first;
} problem;

/* Where row i of tap t lies. */
INLINE const uint8_t *row(const problem *p, int32_t t, int32_t i) {
  if (p->row_offsets == NULL) {
    return p->lhs + i * p->lhs_stride + (int64_t)t * p->k;
  }
  const int32_t offset = p->row_offsets[(int64_t)t * p->m + i];
  return offset < 0 ? p->zero_row : p->lhs + offset;
}

/* Sum of the elements of row i over all taps. */
static int32_t row_sum(const problem *p, int32_t i) {
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i sum = _mm512_setzero_si512();
  for (int32_t t = 0; t < p->taps; t++) {
    const uint8_t *a = row(p, t, i);
    for (int32_t k = 0; k < p->k; k += 64) {
      const int32_t left = p->k - k;
      const __mmask64 some = left < 64 ? ((__mmask64)1 << left) - 1 : ~(__mmask64)0;
      sum = _mm512_dpbusd_epi32(sum, _mm512_maskz_loadu_epi8(some, a + k), ones);
    }
  }
  return _mm512_reduce_add_epi32(sum);
}

/* The nearest integer within [low, high], halves to even; x is a number. */
INLINE __m512i level(__m512 x, __m512 low, __m512 high) {
  x = _mm512_min_ps(_mm512_max_ps(x, low), high);
  return _mm512_cvt_roundps_epi32(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/*
 * Scales with which no product is NaN and every level stays the same: NaN, which makes every level
 * 0, becomes 0; infinities become the largest float.
 */
INLINE __m512 finite(__m512 scale) {
  const __m512 most = _mm512_set1_ps(0x1.fffffep127f);
  scale = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(scale, scale, _CMP_ORD_Q), scale);
  return _mm512_min_ps(_mm512_max_ps(scale, _mm512_sub_ps(_mm512_setzero_ps(), most)), most);
}

/* x, requantized, plus the residual, in levels of the sum. */
INLINE __m512 with_addend(const problem *p, __m512 x, __m128i residual) {
  const __m512 low = _mm512_set1_ps((float)-p->zero_point);
  const __m512 high = _mm512_set1_ps((float)(255 - p->zero_point));
  const __m512i q = _mm512_add_epi32(level(x, low, high), _mm512_set1_epi32(p->zero_point));
  const __m512 own = _mm512_cvtepi32_ps(q);
  const __m512 other = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(residual));
  const __m512 a = p->addend_first ? other : own;
  const __m512 b = p->addend_first ? own : other;
  const __m512 sum = _mm512_fmadd_ps(b, _mm512_set1_ps(p->rhs_ratio), _mm512_set1_ps(p->sum_offset));
  return _mm512_fmadd_ps(a, _mm512_set1_ps(p->lhs_ratio), sum);
}

/* Stores the sums of mr rows from i of the 16 columns from j, of those below n_to. */
INLINE void store_sums(const problem *p, __m512i (*acc)[WIDE], int v, int32_t i, int32_t j, const int mr) {
  const int32_t left = p->n_to - j;
  const __mmask16 some = left < LANES ? (__mmask16)((1u << left) - 1) : (__mmask16)0xffff;
  const __m512i bias = _mm512_loadu_si512(p->bias + j);
  int32_t *to = (int32_t *)p->dst + i * p->dst_stride + j;
  UNROLL
  for (int r = 0; r < mr; r++) {
    _mm512_mask_storeu_epi32(to, some, _mm512_add_epi32(acc[r][v], bias));
    to += p->dst_stride;
  }
}

/* Requantizes mr rows from i of the 16 columns from j, and stores those below n_to. */
INLINE void store(const problem *p, __m512i (*acc)[WIDE], int v, int32_t i, int32_t j, const int mr) {
  const int32_t left = p->n_to - j;
  const __mmask16 some = left < LANES ? (__mmask16)((1u << left) - 1) : (__mmask16)0xffff;
  const int32_t zero = p->addend == NULL ? p->zero_point : 0;
  const __m512i zero_point = _mm512_set1_epi32(zero);
  const __m512 low = _mm512_set1_ps((float)(p->min - zero));
  const __m512 high = _mm512_set1_ps((float)(p->max - zero));
  const __m512i bias = _mm512_loadu_si512(p->bias + j);
  const __m512 scale = finite(_mm512_loadu_ps(p->scale + j));
  const int64_t stride = p->dst_stride;
  uint8_t *to = (uint8_t *)p->dst + i * stride + j;
  if (p->addend != NULL) {
    const uint8_t *from = p->addend + i * p->addend_stride + j;
    UNROLL
    for (int r = 0; r < mr; r++) {
      __m512 x = _mm512_cvtepi32_ps(_mm512_add_epi32(acc[r][v], bias));
      x = with_addend(p, _mm512_mul_ps(x, scale), _mm_maskz_loadu_epi8(some, from));
      const __m512i q = _mm512_add_epi32(level(x, low, high), zero_point);
      _mm_mask_storeu_epi8(to, some, _mm512_cvtepi32_epi8(q));
      from += p->addend_stride;
      to += stride;
    }
  } else {
    UNROLL
    for (int r = 0; r < mr; r++) {
      const __m512 x = _mm512_cvtepi32_ps(_mm512_add_epi32(acc[r][v], bias));
      const __m512i q = level(_mm512_mul_ps(x, scale), low, high);
      const __m128i bytes = _mm512_cvtepi32_epi8(_mm512_add_epi32(q, zero_point));
      if (left >= LANES) {
        _mm_storeu_si128((__m128i *)to, bytes);
      } else {
        _mm_mask_storeu_epi8(to, some, bytes);
      }
      to += stride;
    }
  }
}

/* Rows [i, i + mr) of the nv * 16 columns from j; mr and nv are constants. */
INLINE void tile(const problem *p, int32_t i, int32_t j, const int mr, const int nv) {
  __m512i acc[MR][WIDE];
  UNROLL
  for (int r = 0; r < mr; r++) {
    UNROLL
    for (int v = 0; v < nv; v++) {
      acc[r][v] = _mm512_setzero_si512();
    }
  }
  const int64_t quads = p->quads;
  const int64_t tap_bytes = (p->k + 3) / 4 * (int64_t)QUAD_ROW;
  const int64_t group_bytes = p->taps * tap_bytes;
  const int8_t *b = p->rhs + j / LANES * group_bytes;
  for (int32_t t = 0; t < p->taps; t++, b += tap_bytes) {
    const uint8_t *a[MR];
    UNROLL
    for (int r = 0; r < mr; r++) {
      a[r] = row(p, t, i + r);
    }
    for (int64_t q = 0; q < quads; q++) {
      __m512i y[WIDE];
      UNROLL
      for (int v = 0; v < nv; v++) {
        y[v] = _mm512_loadu_si512(b + q * QUAD_ROW + v * group_bytes);
      }
      UNROLL
      for (int r = 0; r < mr; r++) {
        const __m512i x = _mm512_set1_epi32(*(const int32_t *)(const void *)(a[r] + 4 * q));
        UNROLL
        for (int v = 0; v < nv; v++) {
          acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], x, y[v]);
        }
      }
    }
    if (p->tail != 0) {
      const __mmask16 some = (__mmask16)((1 << p->tail) - 1);
      UNROLL
      for (int r = 0; r < mr; r++) {
        const __m512i x = _mm512_broadcastd_epi32(_mm_maskz_loadu_epi8(some, a[r] + 4 * quads));
        UNROLL
        for (int v = 0; v < nv; v++) {
          const __m512i y = _mm512_loadu_si512(b + quads * QUAD_ROW + v * group_bytes);
          acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], x, y);
        }
      }
    }
  }
  if (p->rhs_zero_points != NULL) {
    UNROLL
    for (int r = 0; r < mr; r++) {
      const __m512i sum = _mm512_set1_epi32(row_sum(p, i + r));
      UNROLL
      for (int v = 0; v < nv; v++) {
        const __m512i zero = _mm512_loadu_si512(p->rhs_zero_points + j + v * LANES);
        acc[r][v] = _mm512_sub_epi32(acc[r][v], _mm512_mullo_epi32(sum, zero));
      }
    }
  }
  UNROLL
  for (int v = 0; v < nv; v++) {
    if (p->scale == NULL) {
      store_sums(p, acc, v, i, j + v * LANES, mr);
    } else {
      store(p, acc, v, i, j + v * LANES, mr);
    }
  }
}

#define TILE(mr, nv)                                                                       \
  static void tile_##mr##x##nv(const problem *p, int32_t i, int32_t j) {                   \
    tile(p, i, j, mr, nv);                                                                 \
  }
#define TILES(nv)                                                                          \
  TILE(1, nv) TILE(2, nv) TILE(3, nv) TILE(4, nv) TILE(5, nv) TILE(6, nv)                   \
  TILE(7, nv) TILE(8, nv) TILE(9, nv) TILE(10, nv) TILE(11, nv) TILE(12, nv)

TILES(1)
TILES(2)
TILE(1, 8)

/* Rows [i, i + rows) of the tile of nv vectors from column j. */
static void any_tile(const problem *p, int32_t i, int32_t j, int32_t rows, int nv) {
  switch (nv * MR + rows) {
#define CASE(mr, nv)                                                                       \
  case nv * MR + mr:                                                                       \
    tile_##mr##x##nv(p, i, j);                                                             \
    break;
#define CASES(nv)                                                                          \
  CASE(1, nv) CASE(2, nv) CASE(3, nv) CASE(4, nv) CASE(5, nv) CASE(6, nv)                   \
  CASE(7, nv) CASE(8, nv) CASE(9, nv) CASE(10, nv) CASE(11, nv) CASE(12, nv)
    CASES(1)
    CASES(2)
    default:
      __builtin_unreachable();
  }
}

/* Rows [first, first + rows) of the columns from n_from; rhs's part of them is read once per tile. */
static void block(const problem *p, int32_t first, int32_t rows, int32_t n_from) {
  /* Tiles as equal as possible: several lower ones beat full ones and a tiny one. */
  const int32_t tiles = (rows + MR - 1) / MR;
  int32_t j = n_from;
  if (rows == 1) {
    for (; p->n_to - j > (WIDE - 1) * LANES; j += WIDE * LANES) {
      tile_1x8(p, first, j);
    }
  }
  for (; j < p->n_to; j += NR) {
    const int nv = p->n_to - j > LANES ? 2 : 1;
    int32_t i = 0;
    for (int32_t tile = 1; tile <= tiles; tile++) {
      const int32_t end = (int32_t)((int64_t)rows * tile / tiles);
      any_tile(p, first + i, j, end - i, nv);
      i = end;
    }
  }
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

int32_t u8s8_brgemm_12x32c4__avx512vnni(
    int32_t m, int32_t k, int32_t taps, int32_t m_from, int32_t m_to, int32_t n_from,
    int32_t n_to, const uint8_t *lhs, int64_t lhs_bytes, int64_t lhs_stride,
    const int32_t *row_offsets, const uint8_t *zero_row, const int8_t *rhs,
    const int32_t *rhs_zero_points, void *dst, int64_t dst_stride, const int32_t *bias,
    const float *scale, int32_t zero_point, int32_t min, int32_t max, const uint8_t *addend,
    int64_t addend_stride, float lhs_ratio, float rhs_ratio, float sum_offset,
    int32_t addend_first) {
  problem p = {m, k, taps, n_to, k / 4, k % 4, lhs, lhs_stride, row_offsets, zero_row, rhs,
               rhs_zero_points, dst, dst_stride, bias, scale, zero_point, min, max, addend,
               addend_stride, lhs_ratio, rhs_ratio, sum_offset, addend_first};
  int all_in_lhs;
  const int64_t end = rows_end(&p, m_from, m_to, &all_in_lhs);
  if (end < 0 || end > lhs_bytes) {
    return 1;
  }
  if (p.tail != 0 && all_in_lhs && end + 4 - p.tail <= lhs_bytes) {
    p.quads++;
    p.tail = 0;
  }
  const int64_t row_bytes = row_offsets == NULL ? (int64_t)k * taps : k;
  const int64_t fit = BLOCK_BYTES / (row_bytes > 0 ? row_bytes : 1) / MR * MR;
  const int32_t most = fit < 4 * MR ? 4 * MR : (int32_t)fit;
  for (int32_t i = m_from; i < m_to; i += most) {
    block(&p, i, m_to - i < most ? m_to - i : most, n_from);
  }
  return 0;
}
