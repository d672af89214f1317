/*
 * In place of the compiler's <immintrin.h>: AVX-512, VNNI and AMX in plain C, so that the kernels for
 * them can be tested on processors without. SIMDe (Debian's libsimde-dev) has most of it; this adds
 * what its version 0.7.4 lacks of what the kernels use. Masked loads and stores touch only the bytes
 * the mask names, as the processor's do, so guard pages tell.
 */
#ifndef EMULATED_IMMINTRIN_H
#define EMULATED_IMMINTRIN_H

#include <limits.h>
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>

#include "../amx_tiles.h"

typedef simde__mmask16 __mmask16;
typedef simde__mmask64 __mmask64;

#undef _MM_FROUND_NO_EXC
#define _MM_FROUND_NO_EXC SIMDE_MM_FROUND_NO_EXC

#define EMULATED static inline __attribute__((unused))

/* The bytes of a vector, int32 or float32 of one. */
#define LANES_OF(type, vector, count, name) \
  type name[count];                         \
  memcpy(name, &(vector), sizeof name)

#define MASKED_BYTES(vector_type, count, load, store)                                  \
  EMULATED vector_type load(uint64_t mask, const void *from) {                         \
    uint8_t bytes[count] = {0};                                                        \
    for (int i = 0; i < count; i++) {                                                  \
      if (mask >> i & 1) {                                                             \
        bytes[i] = ((const uint8_t *)from)[i];                                         \
      }                                                                                \
    }                                                                                  \
    vector_type x;                                                                     \
    memcpy(&x, bytes, sizeof x);                                                       \
    return x;                                                                          \
  }                                                                                    \
  EMULATED void store(void *to, uint64_t mask, vector_type x) {                        \
    LANES_OF(uint8_t, x, count, bytes);                                                \
    for (int i = 0; i < count; i++) {                                                  \
      if (mask >> i & 1) {                                                             \
        ((uint8_t *)to)[i] = bytes[i];                                                 \
      }                                                                                \
    }                                                                                  \
  }

MASKED_BYTES(__m128i, 16, _mm_maskz_loadu_epi8, _mm_mask_storeu_epi8)
MASKED_BYTES(__m512i, 64, _mm512_maskz_loadu_epi8, _mm512_mask_storeu_epi8)

EMULATED void _mm512_mask_storeu_epi32(void *to, __mmask16 mask, __m512i x) {
  LANES_OF(int32_t, x, 16, numbers);
  for (int i = 0; i < 16; i++) {
    if (mask >> i & 1) {
      memcpy((int32_t *)to + i, numbers + i, sizeof *numbers);
    }
  }
}

EMULATED __m512 _mm512_maskz_loadu_ps(__mmask16 mask, const void *from) {
  float floats[16] = {0};
  for (int i = 0; i < 16; i++) {
    if (mask >> i & 1) {
      memcpy(floats + i, (const float *)from + i, sizeof *floats);
    }
  }
  return _mm512_loadu_ps(floats);
}

/* SIMDe's touch lanes that are masked. */
#undef _mm256_maskload_ps
#undef _mm256_maskstore_ps

EMULATED __m256 _mm256_maskload_ps(const float *from, __m256i mask) {
  LANES_OF(int32_t, mask, 8, signs);
  float floats[8] = {0};
  for (int i = 0; i < 8; i++) {
    if (signs[i] < 0) {
      floats[i] = from[i];
    }
  }
  return _mm256_loadu_ps(floats);
}

EMULATED void _mm256_maskstore_ps(float *to, __m256i mask, __m256 x) {
  LANES_OF(int32_t, mask, 8, signs);
  LANES_OF(float, x, 8, floats);
  for (int i = 0; i < 8; i++) {
    if (signs[i] < 0) {
      to[i] = floats[i];
    }
  }
}

EMULATED __m512i _mm512_cvtepu8_epi32(__m128i x) {
  LANES_OF(uint8_t, x, 16, bytes);
  int32_t numbers[16];
  for (int i = 0; i < 16; i++) {
    numbers[i] = bytes[i];
  }
  return _mm512_loadu_si512(numbers);
}

EMULATED __m128i _mm512_cvtepi32_epi8(__m512i x) {
  LANES_OF(int32_t, x, 16, numbers);
  uint8_t bytes[16];
  for (int i = 0; i < 16; i++) {
    bytes[i] = (uint8_t)numbers[i];
  }
  return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

EMULATED __m512 _mm512_cvtepi32_ps(__m512i x) {
  LANES_OF(int32_t, x, 16, numbers);
  float floats[16];
  for (int i = 0; i < 16; i++) {
    floats[i] = (float)numbers[i];
  }
  return _mm512_loadu_ps(floats);
}

/* To the nearest, halves to even: the mode all tests run in. */
EMULATED __m512i _mm512_cvt_roundps_epi32(__m512 x, int mode) {
  (void)mode;
  LANES_OF(float, x, 16, floats);
  int32_t numbers[16];
  for (int i = 0; i < 16; i++) {
    const int fits = floats[i] >= -0x1p31f && floats[i] < 0x1p31f;
    numbers[i] = fits ? (int32_t)__builtin_nearbyintf(floats[i]) : INT_MIN;
  }
  return _mm512_loadu_si512(numbers);
}

EMULATED int64_t _mm512_reduce_add_epi64(__m512i x) {
  LANES_OF(int64_t, x, 8, numbers);
  int64_t sum = 0;
  for (int i = 0; i < 8; i++) {
    sum += numbers[i];
  }
  return sum;
}

EMULATED __m256i _mm256_dpbusd_avx_epi32(__m256i sums, __m256i x, __m256i y) {
  LANES_OF(uint32_t, sums, 8, numbers);
  LANES_OF(uint8_t, x, 32, left);
  LANES_OF(int8_t, y, 32, right);
  for (int i = 0; i < 32; i++) {
    numbers[i / 4] += (uint32_t)(left[i] * right[i]);
  }
  return _mm256_loadu_si256((const __m256i *)(const void *)numbers);
}

/* Once rounded, which SIMDe's are not. */
#undef _mm256_fmadd_ps
#undef _mm512_fmadd_ps

EMULATED __m256 _mm256_fmadd_ps(__m256 x, __m256 y, __m256 z) {
  LANES_OF(float, x, 8, a);
  LANES_OF(float, y, 8, b);
  LANES_OF(float, z, 8, c);
  for (int i = 0; i < 8; i++) {
    c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  }
  return _mm256_loadu_ps(c);
}

EMULATED __m512 _mm512_fmadd_ps(__m512 x, __m512 y, __m512 z) {
  LANES_OF(float, x, 16, a);
  LANES_OF(float, y, 16, b);
  LANES_OF(float, z, 16, c);
  for (int i = 0; i < 16; i++) {
    c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  }
  return _mm512_loadu_ps(c);
}

#define _tile_loadconfig(from) amx_configure(from)
#define _tile_release() amx_release()
#define _tile_loadd(tile, from, stride) amx_load(tile, (uintptr_t)(from), stride)
#define _tile_stored(tile, to, stride) amx_store(tile, (uintptr_t)(to), stride)
#define _tile_dpbusd(sums, left, right) amx_multiply(sums, left, right, 0, 1)

#endif
