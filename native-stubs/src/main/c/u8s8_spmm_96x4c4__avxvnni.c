/* u8 x s8 -> int32 -> u8 with sparse weights in lists of four output channels, see u8s8_spmm.h.
 *
 * registers: 12 accumulators, 3 of inputs, 1 of weights: 16 of 16
 */
#include "quads_avxvnni.h"

#define KERNEL u8s8_spmm_96x4c4__avxvnni
#define SIZES(DO) UPTO_3(DO)
enum { NR = 4, NV = 12, PASS = 3 };

#include "u8s8_spmm.h"
