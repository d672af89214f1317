/* u8 x s8 -> int32 -> u8 with sparse weights in lists of four output channels, see u8s8_spmm.h.
 *
 * registers: 16 accumulators, 4 of inputs, 1 to 4 of weights: 24 of 32
 */
#include "quads_neondot.h"

#define KERNEL u8s8_spmm_64x4c4__neondot
#define SIZES(DO) UPTO_4(DO)
enum { NR = 4, NV = 16, PASS = 4 };

#include "u8s8_spmm.h"
