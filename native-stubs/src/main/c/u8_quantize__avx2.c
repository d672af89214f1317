/* fp32 to u8 and back on AVX2. */
#include "lanes_avx2.h"
#include "u8_quantize.h"

QUANTIZE(avx2)
