/* s8 x 2 and 4 bits on sdot, to which levels >= 0 are signed numbers like others. */
#include "lanes_neon.h"

typedef int32x4_t sums_vec;

INLINE sums_vec no_sums(void) { return vdupq_n_s32(0); }

INLINE sums_vec dot(sums_vec sums, ivec x, ivec y) {
  return vdotq_s32(sums, vreinterpretq_s8_s32(x), vreinterpretq_s8_s32(y));
}

INLINE ivec numbers(sums_vec sums) { return sums; }

#include "s8_levels.h"

S8_LEVELS(s8s4_gemm_1x16__neondot, 4)
S8_LEVELS(s8s2_gemm_1x16__neondot, 2)
