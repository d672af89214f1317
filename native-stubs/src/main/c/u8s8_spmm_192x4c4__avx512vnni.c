/* u8 x s8 -> int32 -> u8 with sparse weights in lists of four output channels, see u8s8_spmm.h.
 *
 * registers: 24 accumulators, 6 of inputs, 1 of weights: 31 of 32
 */
#include "quads_avx512vnni.h"

#define KERNEL u8s8_spmm_192x4c4__avx512vnni
#define SIZES(DO) UPTO_6(DO)
enum { NR = 4, NV = 12, PASS = 6 };

#include "u8s8_spmm.h"
