/*
 * Depthwise convolution of u8 by int16 weights, which are mostly int8.
 *
 *   for 64 channels              their weights are put in order on the stack
 *     for an output row
 *       for 4 output pixels      each input column they share is put in order once
 *
 * Four rows of an input column, 64 channels each, are interleaved to quads for vpdpbusd:
 *
 *   x0 x1 x2 x3  ->  v[0..3], each 16 channels x 4 rows      channels 16 L + 4 v + (0..3) in
 *                                                           128-bit lane L of v[v]
 *
 * Narrowing 4 vectors of sums by packs in lanes undoes that order. Weights beyond int8 take two rows
 * at a time, as pairs of 16 bits for vpdpwssd, in the same order. Rows and columns outside the image
 * hold the zero point, which the bias takes out again.
 *
 * registers: 16 accumulators, 4 to 8 of the column; weights are memory operands
 * range:     int32 wraps as the contract's does
 */
#include "lanes_avx512.h"
#include "requantize.h"

enum { PIXELS = 4, CHANNELS = 64, VECTORS = 4, MAX_EXTENT = 7 };

typedef struct {
  int32_t channels, in_height, in_width, out_height, out_width, kernel_height, kernel_width;
  int32_t stride_height, stride_width, dilation_height, dilation_width, pad_top, pad_left;
  const int16_t *weights;
  const uint8_t *src;
  int32_t src_zero_point;
  uint8_t *dst;
  const int32_t *bias;
  const float *scale;
  requantize epilogue;
} problem;

/* What is known of 64 channels from channel c, of which count are there. */
typedef struct {
  int32_t c, count;
  __mmask64 some;
  int rows; /* interleaved at a time: 4, or 2 where a weight is beyond int8 */
  int fast; /* whether every level fits int32 before it is clamped, and there is no addend */
  int8_t weights[(MAX_EXTENT + 1) / 2 * MAX_EXTENT][VECTORS][64]; /* [row group][kernel column] */
  int32_t begins[VECTORS][LANES];
  float scale[VECTORS][LANES];
} part;

/* The channel, less the part's first, of a lane of a vector of sums. */
INLINE int32_t channel(int32_t v, int32_t lane) { return lane / 4 * 16 + v * 4 + lane % 4; }

static int16_t weight(const problem *p, int32_t kh, int32_t kw, int32_t c) {
  return kh < p->kernel_height ? p->weights[(kh * p->kernel_width + kw) * p->channels + c] : 0;
}

/* Whether all weights of a part are int8. */
static int are_bytes(const problem *p, const part *s) {
  int all = 1;
  for (int32_t t = 0; t < p->kernel_height * p->kernel_width; t++) {
    const int16_t *w = p->weights + t * p->channels + s->c;
    for (int32_t c = 0; c < s->count; c++) {
      all &= w[c] >= -128 && w[c] <= 127;
    }
  }
  return all;
}

/* Puts the operands per channel of 64 channels from c in the order of the vectors. */
static void prepare(const problem *p, int32_t c, part *s) {
  const int32_t left = p->channels - c;
  s->c = c;
  s->count = left < CHANNELS ? left : CHANNELS;
  s->some = left < CHANNELS ? ((__mmask64)1 << left) - 1 : ~(__mmask64)0;
  s->rows = are_bytes(p, s) ? 4 : 2;
  s->fast = p->epilogue.addend == NULL;
  const int32_t groups = (p->kernel_height + s->rows - 1) / s->rows;
  for (int32_t v = 0; v < VECTORS; v++) {
    for (int32_t lane = 0; lane < LANES; lane++) {
      const int32_t at = channel(v, lane);
      const int there = at < s->count;
      uint32_t sum = 0;
      for (int32_t g = 0; g < groups; g++) {
        for (int32_t kw = 0; kw < p->kernel_width; kw++) {
          int8_t *to = s->weights[g * p->kernel_width + kw][v] + 4 * lane;
          for (int32_t r = 0; r < s->rows; r++) {
            const int16_t w = there ? weight(p, g * s->rows + r, kw, c + at) : 0;
            sum += (uint32_t)w;
            if (s->rows == 4) {
              to[r] = (int8_t)w;
            } else {
              __builtin_memcpy(to + 2 * r, &w, sizeof w);
            }
          }
        }
      }
      const float scale = there ? p->scale[c + at] : 0;
      s->begins[v][lane] =
          there ? (int32_t)((uint32_t)p->bias[c + at] - (uint32_t)p->src_zero_point * sum) : 0;
      s->scale[v][lane] = scale;
      s->fast &= scale > -1 && scale < 1;
    }
  }
}

/* The bytes of the part's channels at an input pixel, or the zero point outside the image. */
INLINE __m512i pixel(const problem *p, const part *s, int32_t row, int32_t column) {
  if (row < 0 || row >= p->in_height || column < 0 || column >= p->in_width) {
    return _mm512_set1_epi8((int8_t)p->src_zero_point);
  }
  const int64_t at = ((int64_t)row * p->in_width + column) * p->channels + s->c;
  return _mm512_maskz_loadu_epi8(s->some, p->src + at);
}

/* Interleaves rows of one input column, rows_step apart. */
INLINE void interleave(
    const problem *p, const part *s, int32_t row, int32_t column, const int rows, __m512i *v) {
  const int32_t step = p->dilation_height;
  const __m512i x0 = pixel(p, s, row, column);
  const __m512i x1 = pixel(p, s, row + step, column);
  const __m512i low = _mm512_unpacklo_epi8(x0, x1);
  const __m512i high = _mm512_unpackhi_epi8(x0, x1);
  if (rows == 4) {
    const __m512i x2 = pixel(p, s, row + 2 * step, column);
    const __m512i x3 = pixel(p, s, row + 3 * step, column);
    const __m512i low2 = _mm512_unpacklo_epi8(x2, x3);
    const __m512i high2 = _mm512_unpackhi_epi8(x2, x3);
    v[0] = _mm512_unpacklo_epi16(low, low2);
    v[1] = _mm512_unpackhi_epi16(low, low2);
    v[2] = _mm512_unpacklo_epi16(high, high2);
    v[3] = _mm512_unpackhi_epi16(high, high2);
  } else {
    const __m512i zero = _mm512_setzero_si512();
    v[0] = _mm512_unpacklo_epi8(low, zero);
    v[1] = _mm512_unpackhi_epi8(low, zero);
    v[2] = _mm512_unpacklo_epi8(high, zero);
    v[3] = _mm512_unpackhi_epi8(high, zero);
  }
}

/* Stores one pixel's levels where they need every step of the contract. */
static void finish(const problem *p, const part *s, const int32_t (*sums)[LANES], int64_t to) {
  int32_t acc[CHANNELS];
  float scale[CHANNELS];
  for (int32_t v = 0; v < VECTORS; v++) {
    for (int32_t lane = 0; lane < LANES; lane++) {
      acc[channel(v, lane)] = sums[v][lane];
      scale[channel(v, lane)] = s->scale[v][lane];
    }
  }
  const requantize *e = &p->epilogue;
  for (int32_t c = 0; c < s->count; c += LANES) {
    const int32_t count = s->count - c;
    const uint8_t *from =
        e->addend == NULL ? NULL : e->addend + to * e->addend_stride + s->c + c;
    const ivec q = requantized(e, i_load(acc + c), finite(f_load(scale + c)), from, count);
    store_u8(p->dst + to * p->channels + s->c + c, q, count);
  }
}

INLINE void store_fast(const problem *p, const part *s, const __m512i *acc, int64_t to) {
  __m512i q[VECTORS];
  UNROLL
  for (int v = 0; v < VECTORS; v++) {
    q[v] = f_to_i(f_mul(i_to_f(acc[v]), f_load(s->scale[v])));
  }
  const __m512i zero = _mm512_set1_epi16((int16_t)p->epilogue.zero_point);
  const __m512i low = _mm512_adds_epi16(_mm512_packs_epi32(q[0], q[1]), zero);
  const __m512i high = _mm512_adds_epi16(_mm512_packs_epi32(q[2], q[3]), zero);
  __m512i bytes = _mm512_packus_epi16(low, high);
  bytes = _mm512_max_epu8(bytes, _mm512_set1_epi8((int8_t)p->epilogue.min));
  bytes = _mm512_min_epu8(bytes, _mm512_set1_epi8((int8_t)p->epilogue.max));
  _mm512_mask_storeu_epi8(p->dst + to * p->channels + s->c, s->some, bytes);
}

/* pixels output pixels from (oh, ow); pixels and rows are constants. */
INLINE void tile(
    const problem *p, const part *s, int32_t oh, int32_t ow, const int pixels, const int rows) {
  __m512i acc[PIXELS][VECTORS];
  UNROLL
  for (int i = 0; i < pixels; i++) {
    UNROLL
    for (int v = 0; v < VECTORS; v++) {
      acc[i][v] = i_load(s->begins[v]);
    }
  }
  const int32_t first_row = oh * p->stride_height - p->pad_top;
  const int32_t first_column = ow * p->stride_width - p->pad_left;
  const int32_t columns =
      (pixels - 1) * p->stride_width + (p->kernel_width - 1) * p->dilation_width + 1;
  for (int32_t kh = 0, g = 0; kh < p->kernel_height; kh += rows, g++) {
    for (int32_t x = 0; x < columns; x++) {
      __m512i column[VECTORS];
      interleave(p, s, first_row + kh * p->dilation_height, first_column + x, rows, column);
      UNROLL
      for (int i = 0; i < pixels; i++) {
        const int32_t distance = x - i * p->stride_width;
        const int32_t kw = p->dilation_width == 1 ? distance : distance / p->dilation_width;
        if (distance < 0 || kw >= p->kernel_width || kw * p->dilation_width != distance) {
          continue;
        }
        const int8_t(*w)[64] = s->weights[g * p->kernel_width + kw];
        UNROLL
        for (int v = 0; v < VECTORS; v++) {
          const __m512i y = _mm512_loadu_si512(w[v]);
          acc[i][v] = rows == 4 ? _mm512_dpbusd_epi32(acc[i][v], column[v], y)
                                : _mm512_dpwssd_epi32(acc[i][v], column[v], y);
        }
      }
    }
  }
  const int64_t to = (int64_t)oh * p->out_width + ow;
  UNROLL
  for (int i = 0; i < pixels; i++) {
    if (s->fast) {
      store_fast(p, s, acc[i], to + i);
    } else {
      int32_t sums[VECTORS][LANES];
      UNROLL
      for (int v = 0; v < VECTORS; v++) {
        i_store(sums[v], acc[i][v]);
      }
      finish(p, s, (const int32_t(*)[LANES])sums, to + i);
    }
  }
}

#define TILE(pixels, rows)                                                                 \
  static void tile_##pixels##x##rows(                                                      \
      const problem *p, const part *s, int32_t oh, int32_t ow) {                           \
    tile(p, s, oh, ow, pixels, rows);                                                      \
  }

TILE(1, 2)
TILE(4, 2)
TILE(1, 4)
TILE(4, 4)

LATHE_U8S8_DWCONV(u8s8_dwconv_4x64__avx512vnni) {
  const problem p = {
      channels,      in_height,    in_width,        out_height,     out_width,
      kernel_height, kernel_width, stride_height,   stride_width,   dilation_height,
      dilation_width, pad_top,     pad_left,        weights,        src,
      src_zero_point, dst,         bias,            scale,
      {zero_point, min, max, addend, addend_stride, lhs_ratio, rhs_ratio, sum_offset, addend_first}};
  if (kernel_height > MAX_EXTENT || kernel_width > MAX_EXTENT) {
    return 1;
  }
  for (int32_t c = 0; c < channels; c += CHANNELS) {
    part s;
    prepare(&p, c, &s);
    for (int32_t oh = row_from; oh < row_to; oh++) {
      int32_t ow = 0;
      for (; ow + PIXELS <= out_width; ow += PIXELS) {
        (s.rows == 4 ? tile_4x4 : tile_4x2)(&p, &s, oh, ow);
      }
      for (; ow < out_width; ow++) {
        (s.rows == 4 ? tile_1x4 : tile_1x2)(&p, &s, oh, ow);
      }
    }
  }
  return 0;
}
