/*
 * Depthwise convolution of u8 by int16 weights on NEON, of any kernel.
 *
 *   for an output row
 *     for 8 channels
 *       for 4 output pixels      all of whose columns lie in the image; at its edge for one
 *         for a tap inside       its weights are loaded once
 *
 * A tap's bytes less the zero point are 16 bits wide (usubl), and smlal adds their products with the
 * weights to an accumulator for each half of the channels. Taps outside the image are left out.
 *
 * registers: 8 accumulators, weights, zero point, an input
 * range:     a product is at most 255 * 255; int32 wraps as the contract's does
 */
#include "lanes_neon.h"
#include "requantize.h"
#include "taps.h"

enum { PIXELS = 4, HALVES = 2, CHANNELS = HALVES * LANES };

typedef struct {
  int32_t channels, in_width, kernel_width, dilation_width;
  int64_t next_pixel; /* bytes of src between the inputs of two output pixels */
  const int16_t *weights;
  const uint8_t *src;
  uint8x8_t src_zero_point;
  uint8_t *dst;
  const int32_t *bias;
  const float *scale;
  requantize epilogue;
} problem;

/* The kernel rows inside the image of an output row: [from, to), next_row bytes of src apart. */
typedef struct {
  int32_t from, to;
  int64_t first, next_row; /* where column 0 of kernel row 0 lies in src */
} kernel_rows;

INLINE uint8x8_t bytes(const uint8_t *from, const int32_t count) {
  return count == CHANNELS ? vld1_u8(from) : vcreate_u8(load_bytes(from, count));
}

INLINE int16x8_t words(const int16_t *from, const int32_t count) {
  if (count == CHANNELS) {
    return vld1q_s16(from);
  }
  int16_t some[CHANNELS] = {0};
  for (int32_t c = 0; c < count; c++) {
    some[c] = from[c];
  }
  return vld1q_s16(some);
}

/* Adds the taps [from, to) of each row of pixels output pixels, the first of which begins at column. */
INLINE void sum_taps(
    const problem *p, const kernel_rows *rows, int32_t c, const int32_t count, int32_t column,
    int32_t from, int32_t to, const int pixels, ivec (*acc)[HALVES]) {
  const int64_t next_tap = (int64_t)p->dilation_width * p->channels;
  for (int32_t kh = rows->from; kh < rows->to; kh++) {
    const int64_t line = rows->first + kh * rows->next_row + (int64_t)column * p->channels + c;
    const int16_t *weights = p->weights + (int64_t)kh * p->kernel_width * p->channels + c;
    for (int32_t kw = from; kw < to; kw++) {
      const int16x8_t w = words(weights + (int64_t)kw * p->channels, count);
      const uint8_t *at = p->src + (line + kw * next_tap);
      UNROLL
      for (int i = 0; i < pixels; i++) {
        const uint16x8_t wide = vsubl_u8(bytes(at + i * p->next_pixel, count), p->src_zero_point);
        const int16x8_t x = vreinterpretq_s16_u16(wide);
        acc[i][0] = vmlal_s16(acc[i][0], vget_low_s16(x), vget_low_s16(w));
        acc[i][1] = vmlal_high_s16(acc[i][1], x, w);
      }
    }
  }
}

/* Requantizes and stores the sums of half h of the channels of pixels output pixels from pixel on. */
INLINE void store(
    const problem *p, const ivec (*acc)[HALVES], fvec scale, int64_t pixel, int32_t c, int h,
    const int32_t count, const int pixels) {
  const requantize *e = &p->epilogue;
  uint8_t *to = p->dst + pixel * p->channels + c;
  const uint8_t *from = e->addend == NULL ? NULL : e->addend + pixel * e->addend_stride + c;
  const int fits = e->addend == NULL ? f_below_one(scale) : sums_fit(e);
  if (pixels == PIXELS && count == LANES && fits) {
    const ivec rows[PIXELS] = {acc[0][h], acc[1][h], acc[2][h], acc[3][h]};
    if (from == NULL) {
      store_4(e, rows, scale, to, p->channels, NULL, 0);
    } else {
      store_4(e, rows, scale, to, p->channels, from, e->addend_stride);
    }
    return;
  }
  for (int i = 0; i < pixels; i++, to += p->channels) {
    store_u8(to, requantized(e, acc[i][h], scale, from, count), count);
    from = from == NULL ? NULL : from + e->addend_stride;
  }
}

/* Output pixels [pixel, pixel + pixels) of count channels from c. */
INLINE void tile(
    const problem *p, const kernel_rows *rows, const ivec *bias, const fvec *scale, int64_t pixel,
    int32_t c, const int32_t count, int32_t column, int32_t from, int32_t to, const int pixels) {
  ivec acc[PIXELS][HALVES];
  UNROLL
  for (int i = 0; i < pixels; i++) {
    acc[i][0] = bias[0];
    acc[i][1] = bias[1];
  }
  sum_taps(p, rows, c, count, column, from, to, pixels, acc);
  store(p, acc, scale[0], pixel, c, 0, count < LANES ? count : LANES, pixels);
  if (count > LANES) {
    store(p, acc, scale[1], pixel, c + LANES, 1, count - LANES, pixels);
  }
}

/* The output pixels of a row, the first of which is pixel, of count channels from c. */
INLINE void row_of_tiles(
    const problem *p, const kernel_rows *rows, int64_t pixel, int32_t out_width, int32_t stride,
    int32_t pad_left, int32_t c, const int32_t count) {
  int32_t begins[CHANNELS] = {0};
  float scales[CHANNELS] = {0};
  for (int32_t i = 0; i < count; i++) {
    begins[i] = p->bias[c + i];
    scales[i] = p->scale[c + i];
  }
  const ivec bias[HALVES] = {i_load(begins), i_load(begins + LANES)};
  const fvec scale[HALVES] = {finite(f_load(scales)), finite(f_load(scales + LANES))};
  const int32_t reach = (p->kernel_width - 1) * p->dilation_width + (PIXELS - 1) * stride;
  int32_t column = -pad_left;
  for (int32_t ow = 0; ow < out_width;) {
    if (column >= 0 && column + reach < p->in_width && ow + PIXELS <= out_width) {
      tile(p, rows, bias, scale, pixel + ow, c, count, column, 0, p->kernel_width, PIXELS);
      ow += PIXELS;
      column += PIXELS * stride;
    } else {
      const int32_t from = tap_from(column, p->dilation_width);
      const int32_t to = tap_to(column, p->dilation_width, p->in_width, p->kernel_width);
      tile(p, rows, bias, scale, pixel + ow, c, count, column, from, to, 1);
      ow++;
      column += stride;
    }
  }
}

LATHE_U8S8_DWCONV(u8s8_dwconv_4x8__neondot) {
  (void)out_height;
  const problem p = {
      channels, in_width, kernel_width, dilation_width, (int64_t)stride_width * channels,
      weights,  src,      vdup_n_u8((uint8_t)src_zero_point), dst, bias, scale,
      {zero_point, min, max, addend, addend_stride, lhs_ratio, rhs_ratio, sum_offset, addend_first}};
  const int64_t line = (int64_t)in_width * channels;
  for (int32_t oh = row_from; oh < row_to; oh++) {
    const int32_t top = oh * stride_height - pad_top;
    const kernel_rows rows = {
        tap_from(top, dilation_height), tap_to(top, dilation_height, in_height, kernel_height),
        top * line, dilation_height * line};
    const int64_t pixel = (int64_t)oh * out_width;
    int32_t c = 0;
    for (; c + CHANNELS <= channels; c += CHANNELS) {
      row_of_tiles(&p, &rows, pixel, out_width, stride_width, pad_left, c, CHANNELS);
    }
    if (c < channels) {
      row_of_tiles(&p, &rows, pixel, out_width, stride_width, pad_left, c, channels - c);
    }
  }
  return 0;
}
