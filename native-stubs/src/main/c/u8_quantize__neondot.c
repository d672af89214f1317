/* fp32 to u8 and back on NEON. */
#include "lanes_neon.h"
#include "u8_quantize.h"

QUANTIZE(neondot)
