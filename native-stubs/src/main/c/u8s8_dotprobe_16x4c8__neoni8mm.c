/*
 * The peak of usmmla: 2 rows x 8 k times 8 k x 2 columns.
 *
 * registers: 16 accumulators, 2 factors: 18 of 32
 */
#include "lanes_neon.h"

#define KERNEL u8s8_dotprobe_16x4c8__neoni8mm
#define KEPT(x) "+w"(x)
enum { CHAINS = 16 };

typedef int8x16_t operand;

INLINE operand operand_set1(int8_t x) { return vdupq_n_s8(x); }

INLINE ivec dot(ivec acc, operand x, operand y) {
  return vusmmlaq_s32(acc, vreinterpretq_u8_s8(x), y);
}

#include "u8s8_dotprobe.h"
