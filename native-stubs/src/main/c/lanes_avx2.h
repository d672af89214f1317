/* Vectors of 8 numbers: AVX2 and FMA. lanes_*.h declare the same names; lanes_avx512.h describes them. */
#ifndef LATHE_LANES_H
#define LATHE_LANES_H

#include <immintrin.h>

#include "common.h"

enum { LANES = 8, BYTES = 32 };

typedef __m256i ivec;
typedef __m256 fvec;
typedef __m256i bvec;

INLINE ivec i_set1(int32_t x) { return _mm256_set1_epi32(x); }
INLINE ivec i_load(const int32_t *from) { return _mm256_loadu_si256((const __m256i *)from); }
INLINE void i_store(int32_t *to, ivec x) { _mm256_storeu_si256((__m256i *)to, x); }
INLINE ivec i_add(ivec x, ivec y) { return _mm256_add_epi32(x, y); }
INLINE ivec i_sub(ivec x, ivec y) { return _mm256_sub_epi32(x, y); }
INLINE ivec i_mul(ivec x, ivec y) { return _mm256_mullo_epi32(x, y); }
INLINE ivec i_and(ivec x, ivec y) { return _mm256_and_si256(x, y); }
INLINE ivec i_xor(ivec x, ivec y) { return _mm256_xor_si256(x, y); }
INLINE ivec i_shift(ivec x, const int bits) { return _mm256_srli_epi32(x, bits); }
INLINE ivec i_max(ivec x, ivec y) { return _mm256_max_epi32(x, y); }

INLINE fvec f_set1(float x) { return _mm256_set1_ps(x); }
INLINE fvec f_load(const float *from) { return _mm256_loadu_ps(from); }
INLINE void f_store(float *to, fvec x) { _mm256_storeu_ps(to, x); }
INLINE fvec f_add(fvec x, fvec y) { return _mm256_add_ps(x, y); }
INLINE fvec f_sub(fvec x, fvec y) { return _mm256_sub_ps(x, y); }
INLINE fvec f_mul(fvec x, fvec y) { return _mm256_mul_ps(x, y); }
INLINE fvec f_div(fvec x, fvec y) { return _mm256_div_ps(x, y); }
INLINE fvec f_fma(fvec x, fvec y, fvec z) { return _mm256_fmadd_ps(x, y, z); }

INLINE fvec f_clamp(fvec x, fvec low, fvec high) {
  return _mm256_min_ps(_mm256_max_ps(x, low), high);
}

INLINE fvec f_limit(fvec x, fvec low, fvec high) {
  x = _mm256_blendv_ps(x, low, _mm256_cmp_ps(x, low, _CMP_LE_OQ));
  return _mm256_blendv_ps(x, high, _mm256_cmp_ps(x, high, _CMP_GE_OQ));
}

/* All bits of the first count lanes. */
INLINE __m256i first(int32_t count) {
  return _mm256_cmpgt_epi32(i_set1(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

INLINE fvec f_load_first(const float *from, int32_t count) {
  return count >= LANES ? f_load(from) : _mm256_maskload_ps(from, first(count));
}

INLINE void f_store_first(float *to, fvec x, int32_t count) {
  if (count >= LANES) {
    f_store(to, x);
  } else {
    _mm256_maskstore_ps(to, first(count), x);
  }
}

INLINE fvec f_number(fvec x) { return _mm256_and_ps(x, _mm256_cmp_ps(x, x, _CMP_ORD_Q)); }

INLINE bvec b_load(const uint8_t *from) { return _mm256_loadu_si256((const __m256i *)from); }
INLINE void b_store(uint8_t *to, bvec x) { _mm256_storeu_si256((__m256i *)to, x); }
INLINE bvec b_max(bvec x, bvec y) { return _mm256_max_epu8(x, y); }

INLINE fvec i_to_f(ivec x) { return _mm256_cvtepi32_ps(x); }

INLINE fvec f_round(fvec x) {
  return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* In the rounding mode that every operation here runs in, Java's. */
INLINE ivec f_to_i(fvec x) { return _mm256_cvtps_epi32(x); }

INLINE void i_store_first(int32_t *to, ivec x, int32_t count) {
  if (count >= LANES) {
    i_store(to, x);
    return;
  }
  int32_t numbers[LANES];
  i_store(numbers, x);
  for (int32_t i = 0; i < count; i++) {
    to[i] = numbers[i];
  }
}

INLINE ivec load_u8(const uint8_t *from, int32_t count) {
  uint64_t bytes;
  if (count >= LANES) {
    __builtin_memcpy(&bytes, from, sizeof bytes);
  } else {
    bytes = load_bytes(from, count);
  }
  return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((int64_t)bytes));
}

INLINE void store_u8(uint8_t *to, ivec x, int32_t count) {
  const __m128i low = _mm256_castsi256_si128(x);
  const __m128i words = _mm_packus_epi32(low, _mm256_extracti128_si256(x, 1));
  const uint64_t bytes = (uint64_t)_mm_cvtsi128_si64(_mm_packus_epi16(words, words));
  if (count >= LANES) {
    __builtin_memcpy(to, &bytes, sizeof bytes);
  } else {
    store_bytes(to, bytes, count);
  }
}

INLINE int f_below_one(fvec x) {
  const __m256 magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
  return _mm256_movemask_ps(_mm256_cmp_ps(magnitude, _mm256_set1_ps(1), _CMP_LT_OQ)) == 0xff;
}

INLINE void store_levels(
    uint8_t *to, int64_t stride, const ivec *x, int32_t zero_point, int32_t min, int32_t max) {
  const __m256i zero = _mm256_set1_epi16((int16_t)zero_point);
  const __m256i first = _mm256_adds_epi16(_mm256_packs_epi32(x[0], x[1]), zero);
  const __m256i second = _mm256_adds_epi16(_mm256_packs_epi32(x[2], x[3]), zero);
  __m256i bytes = _mm256_packus_epi16(first, second);
  bytes = _mm256_max_epu8(bytes, _mm256_set1_epi8((int8_t)min));
  bytes = _mm256_min_epu8(bytes, _mm256_set1_epi8((int8_t)max));
  bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  const __m128i low = _mm256_castsi256_si128(bytes);
  const __m128i high = _mm256_extracti128_si256(bytes, 1);
  _mm_storel_epi64((__m128i *)(void *)to, low);
  _mm_storeh_pd((double *)(void *)(to + stride), _mm_castsi128_pd(low));
  _mm_storel_epi64((__m128i *)(void *)(to + 2 * stride), high);
  _mm_storeh_pd((double *)(void *)(to + 3 * stride), _mm_castsi128_pd(high));
}

INLINE void i_transpose(ivec x[LANES]) {
  ivec y[LANES];
  UNROLL
  for (int r = 0; r < LANES; r += 4) {
    const ivec low = _mm256_unpacklo_epi32(x[r], x[r + 1]);
    const ivec high = _mm256_unpackhi_epi32(x[r], x[r + 1]);
    const ivec next_low = _mm256_unpacklo_epi32(x[r + 2], x[r + 3]);
    const ivec next_high = _mm256_unpackhi_epi32(x[r + 2], x[r + 3]);
    y[r] = _mm256_unpacklo_epi64(low, next_low); /* lanes 0 and 4 of four rows */
    y[r + 1] = _mm256_unpackhi_epi64(low, next_low);
    y[r + 2] = _mm256_unpacklo_epi64(high, next_high);
    y[r + 3] = _mm256_unpackhi_epi64(high, next_high);
  }
  UNROLL
  for (int c = 0; c < 4; c++) {
    x[c] = _mm256_permute2x128_si256(y[c], y[4 + c], 0x20);
    x[4 + c] = _mm256_permute2x128_si256(y[c], y[4 + c], 0x31);
  }
}

INLINE int32_t sum_u8(const uint8_t *from, int32_t count) {
  __m256i sums = _mm256_setzero_si256();
  int32_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m256i x = _mm256_loadu_si256((const __m256i *)(from + i));
    sums = _mm256_add_epi64(sums, _mm256_sad_epu8(x, _mm256_setzero_si256()));
  }
  const __m128i half =
      _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  int64_t sum = _mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1);
  for (; i < count; i++) {
    sum += from[i];
  }
  return (int32_t)sum;
}

#endif
