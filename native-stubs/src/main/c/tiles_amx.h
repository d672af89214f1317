/* Configuring the tiles of AMX. */
#ifndef LATHE_TILES_H
#define LATHE_TILES_H

#include <immintrin.h>
#include <stdint.h>

#include "common.h"

/* What ldtilecfg reads; it must be aligned to 64 bytes. */
typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} configuration;

/* What was stored before is in memory when this returns. */
INLINE void load_configuration(const configuration *tiles) {
  /* The intrinsics of some compilers don't say that they read memory. */
  __asm__ volatile("" : : "r"(tiles) : "memory");
  _tile_loadconfig(tiles);
}

#endif
