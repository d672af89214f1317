/*
 * The peak of the 512-bit vpdpbusd.
 *
 * registers: 16 accumulators, 2 factors: 18 of 32
 */
#include "lanes_avx512.h"

#define KERNEL u8s8_dotprobe_16x16c4__avx512vnni
#define KEPT(x) "+v"(x)
enum { CHAINS = 16 };

typedef __m512i operand;

INLINE operand operand_set1(int8_t x) { return _mm512_set1_epi8(x); }

INLINE ivec dot(ivec acc, operand x, operand y) { return _mm512_dpbusd_epi32(acc, x, y); }

#include "u8s8_dotprobe.h"
