/*
 * The peak of u8s8_brgemm_*__avx2.c, whose quad is two times vpmaddwd, on bytes widened before, and
 * vpaddd; the widening, shared by a tile, is not part of it.
 *
 * registers: 10 accumulators, 2 factors, 1 to 4 of products: at most 16 of 16
 */
#include "lanes_avx2.h"

#define KERNEL u8s8_dotprobe_10x8c2__avx2
#define KEPT(x) "+x"(x)
enum { CHAINS = 10 };

/* Pairs of widened bytes. */
typedef __m256i operand;

INLINE operand operand_set1(int16_t x) { return _mm256_set1_epi16(x); }

INLINE ivec dot(ivec acc, operand x, operand y) {
  return _mm256_add_epi32(acc, _mm256_madd_epi16(x, y));
}

#include "u8s8_dotprobe.h"
