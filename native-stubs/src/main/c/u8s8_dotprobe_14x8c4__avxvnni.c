/*
 * The peak of the 256-bit vpdpbusd in its VEX encoding.
 *
 * registers: 14 accumulators, 2 factors: 16 of 16
 */
#include "lanes_avx2.h"

#define KERNEL u8s8_dotprobe_14x8c4__avxvnni
#define KEPT(x) "+x"(x)
enum { CHAINS = 14 };

typedef __m256i operand;

INLINE operand operand_set1(int8_t x) { return _mm256_set1_epi8(x); }

INLINE ivec dot(ivec acc, operand x, operand y) { return _mm256_dpbusd_avx_epi32(acc, x, y); }

#include "u8s8_dotprobe.h"
