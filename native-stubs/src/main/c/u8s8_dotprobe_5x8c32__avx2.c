/*
 * The peak of u8s8_brgemm_*__avx2.c, which it reaches at most where weights are so small that eight
 * quads fit an int16: per quad vpmaddubsw and vpaddw, and once per eight vpmaddwd by ones and vpaddd.
 * Bytes that have to be widened, for vpmaddwd and vpaddd twice per quad, come to 4/7 of it at most.
 *
 * registers: 5 accumulators, 3 of factors, ones, 2 of products: 11 of 16
 */
#include "lanes_avx2.h"

#define KERNEL u8s8_dotprobe_5x8c32__avx2
#define KEPT(x) "+x"(x)
enum { CHAINS = 5, RUN = 8 };

typedef __m256i operand;

INLINE operand operand_set1(int8_t x) { return _mm256_set1_epi8(x); }

INLINE ivec dot(ivec acc, operand x, operand y) {
  ivec pairs = y;
  UNROLL
  for (int q = 0; q < RUN; q++) {
    __asm__ volatile("" : KEPT(y)); /* or the products would be computed once */
    const ivec products = _mm256_maddubs_epi16(x, y);
    pairs = q == 0 ? products : _mm256_add_epi16(pairs, products);
  }
  return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

#include "u8s8_dotprobe.h"
