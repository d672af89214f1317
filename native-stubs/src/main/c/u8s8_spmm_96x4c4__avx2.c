/* u8 x s8 -> int32 -> u8 with sparse weights in lists of four output channels, see u8s8_spmm.h.
 *
 * registers: 8 accumulators, 4 of inputs, 2 of weights, 1 of products: 15 of 16
 */
#include "quads_avx2.h"

#define KERNEL u8s8_spmm_96x4c4__avx2
#define SIZES(DO) UPTO_2(DO)
enum { NR = 4, NV = 12, PASS = 2 };

#include "u8s8_spmm.h"
