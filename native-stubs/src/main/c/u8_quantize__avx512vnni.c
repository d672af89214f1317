/* fp32 to u8 and back on AVX-512. */
#include "lanes_avx512.h"
#include "u8_quantize.h"

QUANTIZE(avx512vnni)
