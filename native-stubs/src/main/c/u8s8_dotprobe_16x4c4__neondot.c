/*
 * The peak of sdot by element, as u8s8_brgemm_*__neondot.c uses it.
 *
 * registers: 16 accumulators, 2 factors: 18 of 32
 */
#include "lanes_neon.h"

#define KERNEL u8s8_dotprobe_16x4c4__neondot
#define KEPT(x) "+w"(x)
enum { CHAINS = 16 };

typedef int8x16_t operand;

INLINE operand operand_set1(int8_t x) { return vdupq_n_s8(x); }

INLINE ivec dot(ivec acc, operand x, operand y) { return vdotq_laneq_s32(acc, y, x, 0); }

#include "u8s8_dotprobe.h"
