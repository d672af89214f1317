/*
 * The peak of tdpbusd: 16 rows x 64 k times 64 k x 16 columns.
 *
 * registers: 6 tiles of accumulators, 2 of factors: all 8
 */
#include "tiles_amx.h"

enum { TILES = 8, ROWS = 16, ROW_BYTES = 64 };

/* DO(chain), where tile chain has the sums. */
#define CHAINS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5)

/* Fills a tile, whose rows are all read from the same place. */
#define FILL(tile, value) \
  set_row(row, value);    \
  _tile_loadd(tile, row, 0);

#define BEGIN(chain) FILL(chain, chain)

#define STEP(chain) _tile_dpbusd(chain, 6, 7);

#define END(chain)                               \
  _tile_stored(chain, sums, ROW_BYTES);          \
  __asm__ volatile("" : : "r"(sums) : "memory"); \
  sum += (uint32_t)sums[0];

INLINE void set_row(int32_t *row, int32_t value) {
  for (int i = 0; i < ROWS; i++) {
    row[i] = value;
  }
  __asm__ volatile("" : : "r"(row) : "memory");
}

LATHE_U8S8_DOTPROBE(u8s8_dotprobe_6x256c64__amx) {
  configuration tiles __attribute__((aligned(64))) = {.palette = 1};
  for (int tile = 0; tile < TILES; tile++) {
    tiles.rows[tile] = ROWS;
    tiles.row_bytes[tile] = ROW_BYTES;
  }
  load_configuration(&tiles);
  int32_t row[ROWS] __attribute__((aligned(64)));
  CHAINS(BEGIN)
  FILL(6, 0x03030303)
  FILL(7, -0x01010102) /* bytes of -2 */
  for (int64_t round = 0; round < rounds; round++) {
    CHAINS(STEP)
  }
  int32_t sums[ROWS * ROWS] __attribute__((aligned(64)));
  uint32_t sum = 0;
  CHAINS(END)
  _tile_release();
  return (int32_t)sum;
}
