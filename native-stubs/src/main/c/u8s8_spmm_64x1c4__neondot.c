/* u8 x s8 -> int32 -> u8 with sparse weights in lists of one output channel, see u8s8_spmm.h.
 *
 * registers: 16 accumulators, 1 of weights, up to 15 of inputs: 32
 */
#include "quads_neondot.h"

#define KERNEL u8s8_spmm_64x1c4__neondot
#define SIZES(DO) UPTO_16(DO)
enum { NR = 1, NV = 16, PASS = 16 };

#include "u8s8_spmm.h"
