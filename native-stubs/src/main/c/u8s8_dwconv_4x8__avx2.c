/*
 * Depthwise convolution of u8 by int16 weights on AVX2: 3x3 and 5x5, strides 1 and 2, no dilation of
 * columns.
 *
 *   for 64 channels              their weights are put in pairs on the stack
 *     for an output row
 *       for 8 channels
 *         for 4 output pixels    each input column they share is put in pairs once
 *
 * Two rows of an input column are interleaved and widened to pairs of int16, which vpmaddwd
 * multiplies by the pairs of two kernel rows; a last row alone is paired with zeros:
 *
 *   x0 of row 0    x0 of row 1    x1 of row 0    x1 of row 1  ...     8 channels in order
 *
 * Rows and columns outside the image hold the zero point, which the bias takes out again; tiles at its
 * edge read a copy.
 *
 * registers: 4 accumulators, the column, 1 of products; weights where there is room, else memory
 * range:     a pair adds up to at most 2 * 255 * 255; int32 wraps as the contract's does
 */
#include "lanes_avx2.h"
#include "requantize.h"

enum { PIXELS = 4, CHANNELS = 64, MAX_EXTENT = 5, MAX_PAIRS = 3 };

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
  uint8_t outside[LANES]; /* the zero point */
} problem;

/* What is known of LANES channels from channel c, of which count are there. */
typedef struct {
  int32_t c, count;
  int fast; /* whether all are there, every level fits int32 before its clamp, and no addend is */
  ivec weights[MAX_PAIRS * MAX_EXTENT]; /* [pair of kernel rows][kernel column] */
  ivec begins;
  fvec scale;
} part;

/* Where the part's channels of column 0 of an input row lie, and how far apart columns are. */
typedef struct {
  const uint8_t *at;
  int64_t step;
} input_row;

/* For shuffles: no byte; bytes 2 i and 2 i + 1 as words. */
enum { OUT = (int)0x80808000 };
#define PAIR(i) (int)(0x80008000u | (2 * i + 1) << 16 | 2 * i)

INLINE __m256i load_8(const uint8_t *from) {
  int64_t bytes;
  __builtin_memcpy(&bytes, from, sizeof bytes);
  return _mm256_set1_epi64x(bytes);
}

INLINE uint64_t load_8_bytes(const uint8_t *from, int32_t count) {
  uint64_t bytes;
  if (count < LANES) {
    return load_bytes(from, count);
  }
  __builtin_memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

/* The first count of LANES weights, zeros after them. */
__attribute__((noinline)) static __m128i some_weights(const int16_t *from, int32_t count) {
  int16_t some[LANES] = {0};
  for (int32_t c = 0; c < count; c++) {
    some[c] = from[c];
  }
  return _mm_loadu_si128((const __m128i *)(const void *)some);
}

/* Weights of a tap, zero beyond the kernel and the channels. */
INLINE __m128i weights_8(const problem *p, int32_t c, const int32_t count, int32_t kh, int32_t kw) {
  if (kh >= p->kernel_height) {
    return _mm_setzero_si128();
  }
  const int16_t *from = p->weights + (int64_t)(kh * p->kernel_width + kw) * p->channels + c;
  return count == LANES ? _mm_loadu_si128((const __m128i *)(const void *)from)
                        : some_weights(from, count);
}

INLINE fvec floats_8(const float *from, int32_t count) {
  float some[LANES] = {0};
  for (int32_t c = 0; c < count; c++) {
    some[c] = from[c];
  }
  return f_load(some);
}

INLINE ivec ints_8(const int32_t *from, int32_t count) {
  int32_t some[LANES] = {0};
  for (int32_t c = 0; c < count; c++) {
    some[c] = from[c];
  }
  return i_load(some);
}

/* Operands of count channels from c. */
INLINE void prepare(const problem *p, int32_t c, const int32_t count, part *s) {
  s->c = c;
  s->count = count;
  __m128i sum = _mm_setzero_si128(); /* at most 25 * 255 */
  ivec *to = s->weights;
  for (int32_t kh = 0; kh < p->kernel_height; kh += 2) {
    for (int32_t kw = 0; kw < p->kernel_width; kw++) {
      const __m128i w0 = weights_8(p, c, count, kh, kw);
      const __m128i w1 = weights_8(p, c, count, kh + 1, kw);
      *to++ = _mm256_set_m128i(_mm_unpackhi_epi16(w0, w1), _mm_unpacklo_epi16(w0, w1));
      sum = _mm_add_epi16(sum, _mm_add_epi16(w0, w1));
    }
  }
  s->scale = floats_8(p->scale + c, count);
  const ivec zeros = i_mul(i_set1(p->src_zero_point), _mm256_cvtepi16_epi32(sum));
  s->begins = i_sub(ints_8(p->bias + c, count), zeros);
  s->fast = count == LANES && p->epilogue.addend == NULL && f_below_one(s->scale);
}

/* The input rows of an output row. */
INLINE void find_rows(
    const problem *p, const part *s, int32_t oh, const int kernel_height, input_row *rows) {
  int32_t row = oh * p->stride_height - p->pad_top;
  for (int kh = 0; kh < kernel_height; kh++, row += p->dilation_height) {
    if (row < 0 || row >= p->in_height) {
      rows[kh] = (input_row){p->outside, 0};
    } else {
      rows[kh] = (input_row){p->src + (int64_t)row * p->in_width * p->channels + s->c, p->channels};
    }
  }
}

/*
 * One or two rows of an input column, as pairs. Both halves of the vector load all 8 bytes, so that
 * shuffles stay within halves.
 */
INLINE ivec pairs(const input_row *rows, const int count, int32_t column) {
  const __m256i x0 = load_8(rows[0].at + column * rows[0].step);
  if (count == 1) {
    return _mm256_shuffle_epi8(
        x0, _mm256_setr_epi32(
                OUT | 0, OUT | 1, OUT | 2, OUT | 3, OUT | 4, OUT | 5, OUT | 6, OUT | 7));
  }
  const __m256i x1 = load_8(rows[1].at + column * rows[1].step);
  return _mm256_shuffle_epi8(
      _mm256_unpacklo_epi8(x0, x1),
      _mm256_setr_epi32(PAIR(0), PAIR(1), PAIR(2), PAIR(3), PAIR(4), PAIR(5), PAIR(6), PAIR(7)));
}

INLINE ivec dot(ivec acc, ivec x, ivec w) {
  acc = i_add(acc, _mm256_madd_epi16(x, w));
  /* Sums of products, which the compiler would make first, would need more registers. */
  __asm__("" : "+x"(acc));
  return acc;
}

/* The sums of PIXELS output pixels from an input column on; all columns lie in the image. */
INLINE void sum_tile(
    const part *s, const input_row *rows, int32_t column, const int kernel, const int stride,
    ivec *acc) {
  UNROLL
  for (int i = 0; i < PIXELS; i++) {
    acc[i] = s->begins;
  }
  UNROLL
  for (int kh = 0; kh < kernel; kh += 2) {
    UNROLL
    for (int x = 0; x < (PIXELS - 1) * stride + kernel; x++) {
      const int count = kernel - kh < 2 ? 1 : 2;
      const ivec v = pairs(rows + kh, count, column + x);
      UNROLL
      for (int i = 0; i < PIXELS; i++) {
        const int kw = x - i * stride;
        if (kw >= 0 && kw < kernel) {
          acc[i] = dot(acc[i], v, s->weights[kh / 2 * kernel + kw]);
        }
      }
    }
  }
}

/* Copies count input columns of a row; channels that are not there become 0. */
INLINE void copy_row(
    const problem *p, input_row row, int32_t column, int32_t count, const int32_t channels,
    uint64_t *to) {
  const uint64_t outside = load_8_bytes(p->outside, LANES);
  const uint32_t width = (uint32_t)p->in_width;
  for (int32_t i = 0; i < count; i++, column++) {
    uint64_t bytes = outside;
    if ((uint32_t)column < width) {
      bytes = load_8_bytes(row.at + column * row.step, channels);
    }
    __asm__("" : "+r"(bytes)); /* one by one: gathering vectors of them takes longer */
    to[i] = bytes;
  }
}

/* Copies rows of count input columns to where no column and no channel is missing. */
__attribute__((noinline)) static void copy_columns(
    const problem *p, const part *s, const input_row *rows, int32_t height, int32_t column,
    int32_t count, uint64_t *to, input_row *copies) {
  for (int32_t kh = 0; kh < height; kh++, to += count) {
    copies[kh] = (input_row){(const uint8_t *)to, sizeof *to};
    if (s->count == LANES) {
      copy_row(p, rows[kh], column, count, LANES, to);
    } else {
      copy_row(p, rows[kh], column, count, s->count, to);
    }
  }
}

/* Requantizes and stores pixels, at most PIXELS, from output pixel to on. */
__attribute__((noinline)) static void finish(
    const problem *p, const part *s, const ivec *acc, int64_t to, int32_t pixels) {
  const requantize *e = &p->epilogue;
  if (s->fast) {
    uint8_t levels[PIXELS][LANES];
    store_4(e, acc, s->scale, levels[0], LANES, NULL, 0);
    for (int32_t i = 0; i < pixels; i++, to++) {
      __builtin_memcpy(p->dst + to * p->channels + s->c, levels[i], LANES);
    }
    return;
  }
  const fvec scale = finite(s->scale);
  for (int32_t i = 0; i < pixels; i++, to++) {
    const uint8_t *from = e->addend == NULL ? NULL : e->addend + to * e->addend_stride + s->c;
    store_u8(p->dst + to * p->channels + s->c, requantized(e, acc[i], scale, from, s->count), s->count);
  }
}

/* The part's channels of an output row; edge is a tile at the image's edge. */
INLINE void row_of_tiles(
    const problem *p, const part *s, int32_t oh, const int kernel, const int stride,
    void (*edge)(const problem *, const part *, const input_row *, int64_t, int32_t, int32_t)) {
  input_row rows[MAX_EXTENT];
  find_rows(p, s, oh, kernel, rows);
  const int64_t to = (int64_t)oh * p->out_width;
  const int64_t channels = p->channels;
  const int32_t last = p->in_width - ((PIXELS - 1) * stride + kernel);
  int32_t column = -p->pad_left;
  int32_t left = p->out_width;
  uint8_t *dst = p->dst + to * channels + s->c;
  while (left > 0) {
    for (; s->fast && column >= 0 && column <= last && left >= PIXELS; left -= PIXELS) {
      ivec acc[PIXELS];
      sum_tile(s, rows, column, kernel, stride, acc);
      store_4(&p->epilogue, acc, s->scale, dst, channels, NULL, 0);
      column += PIXELS * stride;
      dst += PIXELS * channels;
    }
    if (left > 0) {
      edge(p, s, rows, to + p->out_width - left, column, left < PIXELS ? left : PIXELS);
      left -= PIXELS;
      column += PIXELS * stride;
      dst += PIXELS * channels;
    }
  }
}

#define ROW(kernel, stride)                                                                    \
  __attribute__((noinline)) static void edge_##kernel##_##stride(                              \
      const problem *p, const part *s, const input_row *rows, int64_t to, int32_t column,      \
      int32_t pixels) {                                                                        \
    enum { COLUMNS = (PIXELS - 1) * stride + kernel };                                         \
    uint64_t bytes[kernel * COLUMNS];                                                          \
    input_row copies[kernel];                                                                  \
    ivec acc[PIXELS];                                                                          \
    copy_columns(p, s, rows, kernel, column, COLUMNS, bytes, copies);                          \
    sum_tile(s, copies, 0, kernel, stride, acc);                                               \
    finish(p, s, acc, to, pixels);                                                             \
  }                                                                                            \
  static void row_##kernel##_##stride(const problem *p, const part *s, int32_t oh) {           \
    row_of_tiles(p, s, oh, kernel, stride, edge_##kernel##_##stride);                          \
  }

ROW(3, 1)
ROW(3, 2)
ROW(5, 1)
ROW(5, 2)

typedef void (*row_function)(const problem *, const part *, int32_t);

/* Null where there are no tiles for such a kernel. */
static row_function row_of(const problem *p) {
  const int32_t kernel = p->kernel_width;
  const int32_t stride = p->stride_width;
  if (p->kernel_height != kernel || p->dilation_width != 1 || stride > 2) {
    return NULL;
  }
  switch (kernel) {
    case 3:
      return stride == 1 ? row_3_1 : row_3_2;
    case 5:
      return stride == 1 ? row_5_1 : row_5_2;
    default:
      return NULL;
  }
}

LATHE_U8S8_DWCONV(u8s8_dwconv_4x8__avx2) {
  problem p = {
      channels,      in_height,    in_width,        out_height,     out_width,
      kernel_height, kernel_width, stride_height,   stride_width,   dilation_height,
      dilation_width, pad_top,     pad_left,        weights,        src,
      src_zero_point, dst,         bias,            scale,
      {zero_point, min, max, addend, addend_stride, lhs_ratio, rhs_ratio, sum_offset, addend_first},
      {0}};
  const row_function row = row_of(&p);
  if (row == NULL) {
    return 1;
  }
  for (int i = 0; i < LANES; i++) {
    p.outside[i] = (uint8_t)src_zero_point;
  }
  for (int32_t first = 0; first < channels; first += CHANNELS) {
    part parts[CHANNELS / LANES];
    int count = 0;
    for (int32_t c = first; c < channels && c < first + CHANNELS; c += LANES) {
      if (channels - c >= LANES) {
        prepare(&p, c, LANES, &parts[count++]);
      } else {
        prepare(&p, c, channels - c, &parts[count++]);
      }
    }
    for (int32_t oh = row_from; oh < row_to; oh++) {
      for (int i = 0; i < count; i++) {
        row(&p, &parts[i], oh);
      }
    }
  }
  return 0;
}
