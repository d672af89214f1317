/*
 * dev.lathe.kernel.QuantizeU8; a lanes_*.h comes before. What is left of less than a vector is
 * copied: nothing outside the operands is touched.
 */
#include "common.h"
#include "requantize.h"

/* x / scale, less than the zero point away from a level. */
INLINE ivec steps(fvec x, float scale, int32_t zero_point) {
  return level(f_number(f_div(x, f_set1(scale))), 0, 255, zero_point);
}

INLINE void quantize(
    float scale, int32_t zero_point, const float *src, uint8_t *dst, int64_t count) {
  int64_t i = 0;
  for (; i + 4 * LANES <= count; i += 4 * LANES) {
    ivec x[4];
    UNROLL
    for (int q = 0; q < 4; q++) {
      x[q] = steps(f_load(src + i + q * LANES), scale, zero_point);
    }
    store_levels(dst + i, LANES, x, zero_point, 0, 255);
  }
  for (; i < count; i += LANES) {
    const int32_t some = count - i < LANES ? (int32_t)(count - i) : LANES;
    float x[LANES] = {0};
    for (int32_t c = 0; c < some; c++) {
      x[c] = src[i + c];
    }
    store_u8(dst + i, i_add(steps(f_load(x), scale, zero_point), i_set1(zero_point)), some);
  }
}

INLINE void dequantize(
    float scale, int32_t zero_point, const uint8_t *src, float *dst, int64_t count) {
  const ivec zero = i_set1(zero_point);
  for (int64_t i = 0; i < count; i += LANES) {
    const int32_t some = count - i < LANES ? (int32_t)(count - i) : LANES;
    const fvec x = f_mul(i_to_f(i_sub(load_u8(src + i, some), zero)), f_set1(scale));
    if (some == LANES) {
      f_store(dst + i, x);
    } else {
      float rest[LANES];
      f_store(rest, x);
      for (int32_t c = 0; c < some; c++) {
        dst[i + c] = rest[c];
      }
    }
  }
}

#define QUANTIZE(isa)                                          \
  LATHE_U8_QUANTIZE(u8_quantize__##isa) {                      \
    quantize(scale, zero_point, src, dst, count);              \
  }                                                            \
  LATHE_U8_DEQUANTIZE(u8_dequantize__##isa) {                  \
    dequantize(scale, zero_point, src, dst, count);            \
  }
