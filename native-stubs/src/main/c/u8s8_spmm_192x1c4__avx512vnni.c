/* u8 x s8 -> int32 -> u8 with sparse weights in lists of one output channel, see u8s8_spmm.h.
 *
 * registers: 12 accumulators, 1 of weights, 1 to 2 of inputs: at most 15 of 32
 */
#include "quads_avx512vnni.h"

#define KERNEL u8s8_spmm_192x1c4__avx512vnni
#define SIZES(DO) UPTO_12(DO)
enum { NR = 1, NV = 12, PASS = 12 };

#include "u8s8_spmm.h"
