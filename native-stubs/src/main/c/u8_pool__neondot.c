/* Pooling of u8 on NEON. */
#include "lanes_neon.h"
#include "u8_pool.h"

POOL(u8_pool__neondot)
