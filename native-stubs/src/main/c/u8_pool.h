/*
 * dev.lathe.kernel.PoolU8; a lanes_*.h comes before. Channels are the lanes; an accumulator stays in
 * a register over all taps of a pixel.
 */
#include "common.h"
#include "requantize.h"
#include "taps.h"

/* The taps of an output pixel that lie inside the image. */
typedef struct {
  const uint8_t *first;
  int64_t next_row, next_column;
  int32_t rows, columns;
} taps;

/* FOLD(acc, where a tap's channels from c lie) over all taps t. */
#define FOLD_TAPS(acc, FOLD)                                       \
  for (int32_t row = 0; row < t->rows; row++) {                    \
    const uint8_t *at = t->first + row * t->next_row + c;          \
    for (int32_t column = 0; column < t->columns; column++) {      \
      acc = FOLD(acc, at);                                         \
      at += t->next_column;                                        \
    }                                                              \
  }

INLINE void max_pixel(const taps *t, int32_t channels, uint8_t *dst) {
  int32_t c = 0;
  for (; c + BYTES <= channels; c += BYTES) {
    bvec most = b_load(t->first + c);
#define MOST(acc, at) b_max(acc, b_load(at))
    FOLD_TAPS(most, MOST)
    b_store(dst + c, most);
  }
  for (; c < channels; c += LANES) {
    const int32_t some = channels - c;
    ivec most = i_set1(0);
#define MOST_SOME(acc, at) i_max(acc, load_u8(at, some))
    FOLD_TAPS(most, MOST_SOME)
    store_u8(dst + c, most, some);
  }
}

INLINE void average_pixel(
    const taps *t, int32_t channels, int32_t zero_point, float ratio, int32_t out_zero_point,
    uint8_t *dst) {
  const ivec zeros = i_set1(zero_point * t->rows * t->columns);
  for (int32_t c = 0; c < channels; c += LANES) {
    const int32_t some = channels - c;
    ivec sum = i_set1(0);
#define SUM(acc, at) i_add(acc, load_u8(at, some))
    FOLD_TAPS(sum, SUM)
    const fvec x = f_number(f_mul(i_to_f(i_sub(sum, zeros)), f_set1(ratio)));
    store_u8(dst + c, i_add(level(x, 0, 255, out_zero_point), i_set1(out_zero_point)), some);
  }
}

#define POOL(name)                                                                          \
  LATHE_U8_POOL(name) {                                                                     \
    taps t;                                                                                 \
    t.next_row = (int64_t)dilation_height * in_width * channels;                            \
    t.next_column = (int64_t)dilation_width * channels;                                     \
    for (int32_t oh = row_from; oh < row_to; oh++) {                                        \
      const int32_t top = oh * stride_height - pad_top;                                     \
      const int32_t kh = tap_from(top, dilation_height);                                    \
      t.rows = tap_to(top, dilation_height, in_height, kernel_height) - kh;                 \
      for (int32_t ow = 0; ow < out_width; ow++) {                                          \
        const int32_t left = ow * stride_width - pad_left;                                  \
        const int32_t kw = tap_from(left, dilation_width);                                  \
        t.columns = tap_to(left, dilation_width, in_width, kernel_width) - kw;              \
        t.first = src + ((int64_t)(top + kh * dilation_height) * in_width + left +          \
                         kw * dilation_width) * channels;                                   \
        const int64_t pixel = (int64_t)oh * out_width + ow;                                 \
        if (ratios == NULL) {                                                               \
          max_pixel(&t, channels, dst + pixel * channels);                                  \
        } else {                                                                            \
          average_pixel(                                                                    \
              &t, channels, zero_point, ratios[pixel], out_zero_point, dst + pixel * channels); \
        }                                                                                   \
      }                                                                                     \
    }                                                                                       \
  }
