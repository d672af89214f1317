/* Pooling of u8 on AVX2. */
#include "lanes_avx2.h"
#include "u8_pool.h"

POOL(u8_pool__avx2)
