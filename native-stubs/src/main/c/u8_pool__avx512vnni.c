/* Pooling of u8 on AVX-512. */
#include "lanes_avx512.h"
#include "u8_pool.h"

POOL(u8_pool__avx512vnni)
