/* Vectors of 16 numbers: AVX-512 F, BW and VL. lanes_*.h declare the same names. */
#ifndef LATHE_LANES_H
#define LATHE_LANES_H

#include <immintrin.h>

#include "common.h"

enum { LANES = 16, BYTES = 64 };

typedef __m512i ivec; /* int32 */
typedef __m512 fvec;  /* float32 */
typedef __m512i bvec; /* uint8 */

INLINE ivec i_set1(int32_t x) { return _mm512_set1_epi32(x); }
INLINE ivec i_load(const int32_t *from) { return _mm512_loadu_si512(from); }
INLINE void i_store(int32_t *to, ivec x) { _mm512_storeu_si512(to, x); }
INLINE ivec i_add(ivec x, ivec y) { return _mm512_add_epi32(x, y); }
INLINE ivec i_sub(ivec x, ivec y) { return _mm512_sub_epi32(x, y); }
INLINE ivec i_mul(ivec x, ivec y) { return _mm512_mullo_epi32(x, y); }
INLINE ivec i_and(ivec x, ivec y) { return _mm512_and_si512(x, y); }
INLINE ivec i_xor(ivec x, ivec y) { return _mm512_xor_si512(x, y); }
/* To the right by a constant, zeros from the left. */
INLINE ivec i_shift(ivec x, const int bits) { return _mm512_srli_epi32(x, (unsigned)bits); }
INLINE ivec i_max(ivec x, ivec y) { return _mm512_max_epi32(x, y); }

INLINE fvec f_set1(float x) { return _mm512_set1_ps(x); }
INLINE fvec f_load(const float *from) { return _mm512_loadu_ps(from); }
INLINE void f_store(float *to, fvec x) { _mm512_storeu_ps(to, x); }
INLINE fvec f_add(fvec x, fvec y) { return _mm512_add_ps(x, y); }
INLINE fvec f_sub(fvec x, fvec y) { return _mm512_sub_ps(x, y); }
INLINE fvec f_mul(fvec x, fvec y) { return _mm512_mul_ps(x, y); }
INLINE fvec f_div(fvec x, fvec y) { return _mm512_div_ps(x, y); }
INLINE fvec f_fma(fvec x, fvec y, fvec z) { return _mm512_fmadd_ps(x, y, z); }

/* x within [low, high]; x is a number. */
INLINE fvec f_clamp(fvec x, fvec low, fvec high) {
  return _mm512_min_ps(_mm512_max_ps(x, low), high);
}

/* low where x <= low, high where x >= high; NaN stays. */
INLINE fvec f_limit(fvec x, fvec low, fvec high) {
  x = _mm512_mask_mov_ps(x, _mm512_cmp_ps_mask(x, low, _CMP_LE_OQ), low);
  return _mm512_mask_mov_ps(x, _mm512_cmp_ps_mask(x, high, _CMP_GE_OQ), high);
}

/* x, but 0 for NaN. */
INLINE fvec f_number(fvec x) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), x);
}

INLINE bvec b_load(const uint8_t *from) { return _mm512_loadu_si512(from); }
INLINE void b_store(uint8_t *to, bvec x) { _mm512_storeu_si512(to, x); }
INLINE bvec b_max(bvec x, bvec y) { return _mm512_max_epu8(x, y); }

INLINE fvec i_to_f(ivec x) { return _mm512_cvtepi32_ps(x); }

/* The nearest integer, halves to even. */
INLINE fvec f_round(fvec x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* The nearest integer, halves to even; |x| < 2^31. */
INLINE ivec f_to_i(fvec x) {
  return _mm512_cvt_roundps_epi32(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

INLINE __mmask16 first(int32_t count) {
  return count < LANES ? (__mmask16)((1u << count) - 1) : (__mmask16)0xffff;
}

/* Stores the first count <= LANES numbers. */
INLINE void i_store_first(int32_t *to, ivec x, int32_t count) {
  _mm512_mask_storeu_epi32(to, first(count), x);
}

/* The first count numbers, of more than LANES the first LANES; zeros after them. */
INLINE fvec f_load_first(const float *from, int32_t count) {
  return _mm512_maskz_loadu_ps(first(count), from);
}

/* Stores as many. */
INLINE void f_store_first(float *to, fvec x, int32_t count) {
  i_store_first((int32_t *)(void *)to, _mm512_castps_si512(x), count);
}

/* count bytes as numbers; of more than LANES the first LANES. Lanes after them are 0. */
INLINE ivec load_u8(const uint8_t *from, int32_t count) {
  return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(first(count), from));
}

/* Stores count numbers in 0..255 as bytes; of more than LANES the first LANES. */
INLINE void store_u8(uint8_t *to, ivec x, int32_t count) {
  const __m128i bytes = _mm512_cvtepi32_epi8(x);
  if (count >= LANES) {
    _mm_storeu_si128((__m128i *)to, bytes);
  } else {
    _mm_mask_storeu_epi8(to, first(count), bytes);
  }
}

/* Whether |x| < 1 in all lanes. */
INLINE int f_below_one(fvec x) {
  return _mm512_cmp_ps_mask(_mm512_abs_ps(x), _mm512_set1_ps(1), _CMP_LT_OQ) == 0xffff;
}

/*
 * Four rows of LANES bytes, stride apart: clamp(saturate_u8(x + zero_point), min, max). Sums saturate
 * to int16 on the way, which changes no level.
 */
INLINE void store_levels(
    uint8_t *to, int64_t stride, const ivec *x, int32_t zero_point, int32_t min, int32_t max) {
  const __m512i zero = _mm512_set1_epi16((int16_t)zero_point);
  const __m512i first = _mm512_adds_epi16(_mm512_packs_epi32(x[0], x[1]), zero);
  const __m512i second = _mm512_adds_epi16(_mm512_packs_epi32(x[2], x[3]), zero);
  __m512i bytes = _mm512_packus_epi16(first, second); /* four columns of each row by turns */
  bytes = _mm512_max_epu8(bytes, _mm512_set1_epi8((int8_t)min));
  bytes = _mm512_min_epu8(bytes, _mm512_set1_epi8((int8_t)max));
  const __m512i rows = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  bytes = _mm512_permutexvar_epi32(rows, bytes);
  _mm_storeu_si128((__m128i *)to, _mm512_castsi512_si128(bytes));
  _mm_storeu_si128((__m128i *)(to + stride), _mm512_extracti32x4_epi32(bytes, 1));
  _mm_storeu_si128((__m128i *)(to + 2 * stride), _mm512_extracti32x4_epi32(bytes, 2));
  _mm_storeu_si128((__m128i *)(to + 3 * stride), _mm512_extracti32x4_epi32(bytes, 3));
}

/* Lane c of x[r] becomes lane r of x[c]. */
INLINE void i_transpose(ivec x[LANES]) {
  ivec y[LANES];
  UNROLL
  for (int r = 0; r < LANES; r += 4) {
    const ivec low = _mm512_unpacklo_epi32(x[r], x[r + 1]);
    const ivec high = _mm512_unpackhi_epi32(x[r], x[r + 1]);
    const ivec next_low = _mm512_unpacklo_epi32(x[r + 2], x[r + 3]);
    const ivec next_high = _mm512_unpackhi_epi32(x[r + 2], x[r + 3]);
    y[r] = _mm512_unpacklo_epi64(low, next_low); /* lanes 0, 4, 8 and 12 of four rows */
    y[r + 1] = _mm512_unpackhi_epi64(low, next_low);
    y[r + 2] = _mm512_unpacklo_epi64(high, next_high);
    y[r + 3] = _mm512_unpackhi_epi64(high, next_high);
  }
  UNROLL
  for (int c = 0; c < 4; c++) {
    const ivec a = _mm512_shuffle_i32x4(y[c], y[4 + c], 0x88);
    const ivec b = _mm512_shuffle_i32x4(y[c], y[4 + c], 0xdd);
    const ivec next_a = _mm512_shuffle_i32x4(y[8 + c], y[12 + c], 0x88);
    const ivec next_b = _mm512_shuffle_i32x4(y[8 + c], y[12 + c], 0xdd);
    x[c] = _mm512_shuffle_i32x4(a, next_a, 0x88);
    x[4 + c] = _mm512_shuffle_i32x4(b, next_b, 0x88);
    x[8 + c] = _mm512_shuffle_i32x4(a, next_a, 0xdd);
    x[12 + c] = _mm512_shuffle_i32x4(b, next_b, 0xdd);
  }
}

/* The sum of count bytes. */
INLINE int32_t sum_u8(const uint8_t *from, int32_t count) {
  __m512i sum = _mm512_setzero_si512();
  for (int32_t i = 0; i < count; i += 64) {
    const int32_t left = count - i;
    const __mmask64 some = left < 64 ? ((__mmask64)1 << left) - 1 : ~(__mmask64)0;
    const __m512i x = _mm512_maskz_loadu_epi8(some, from + i);
    sum = _mm512_add_epi64(sum, _mm512_sad_epu8(x, _mm512_setzero_si512()));
  }
  return (int32_t)_mm512_reduce_add_epi64(sum);
}

#endif
