/*
 * What the int8 and bf16 instructions of AMX do to the tiles of a thread, as the Intel SDM (volume 2, "Intel
 * AMX instructions") says. What the processor would refuse ends the process with a message.
 */
#ifndef AMX_TILES_H
#define AMX_TILES_H

#include <float.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AMX_TILES = 8, AMX_ROWS = 16, AMX_ROW_BYTES = 64 };

typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} tile_configuration;

typedef struct {
  tile_configuration config; /* palette 0: no tiles are in use */
  uint8_t tile[AMX_TILES][AMX_ROWS][AMX_ROW_BYTES];
} tile_state;

static _Thread_local tile_state amx_here;

static void amx_refuse(const char *why) {
  static const char who[] = "amx: the processor would refuse this: ";
  if (write(2, who, sizeof who - 1) < 0 || write(2, why, strlen(why)) < 0 || write(2, "\n", 1) < 0) {
    _exit(3);
  }
  abort();
}

static void amx_require(int holds, const char *why) {
  if (!holds) {
    amx_refuse(why);
  }
}

static void amx_release(void) {
  memset(&amx_here.config, 0, sizeof amx_here.config);
  memset(amx_here.tile, 0, sizeof amx_here.tile);
}

static void amx_configure(const void *from) {
  tile_configuration c;
  memcpy(&c, from, sizeof c);
  amx_release();
  if (c.palette == 0) {
    return;
  }
  amx_require(c.palette == 1, "ldtilecfg of an unknown palette");
  for (size_t i = 0; i < sizeof c.reserved; i++) {
    amx_require(c.reserved[i] == 0, "ldtilecfg with reserved bytes that are not 0");
  }
  for (int i = 0; i < 16; i++) {
    amx_require(i < AMX_TILES || (c.rows[i] == 0 && c.row_bytes[i] == 0), "ldtilecfg of a ninth tile");
    amx_require(c.rows[i] <= AMX_ROWS && c.row_bytes[i] <= AMX_ROW_BYTES, "ldtilecfg of a tile too large");
    amx_require((c.rows[i] == 0) == (c.row_bytes[i] == 0), "ldtilecfg of half a size");
  }
  amx_require(c.start_row == 0, "ldtilecfg with a start row, as if a load had been interrupted");
  amx_here.config = c;
}

static void amx_check(int number) {
  amx_require(amx_here.config.palette == 1, "a tile before ldtilecfg or after tilerelease");
  amx_require(number < AMX_TILES && amx_here.config.rows[number] > 0, "a tile that is not configured");
}

/* Rows of memory are stride bytes apart from address on. */
static void amx_load(int number, uintptr_t address, int64_t stride) {
  amx_check(number);
  memset(amx_here.tile[number], 0, sizeof amx_here.tile[number]);
  for (int r = 0; r < amx_here.config.rows[number]; r++) {
    const void *from = (const void *)(address + (uintptr_t)(r * stride));
    memcpy(amx_here.tile[number][r], from, amx_here.config.row_bytes[number]);
  }
}

static void amx_store(int number, uintptr_t address, int64_t stride) {
  amx_check(number);
  for (int r = 0; r < amx_here.config.rows[number]; r++) {
    void *to = (void *)(address + (uintptr_t)(r * stride));
    memcpy(to, amx_here.tile[number][r], amx_here.config.row_bytes[number]);
  }
}

static int32_t amx_factor(uint8_t byte, int is_signed) { return is_signed ? (int8_t)byte : byte; }

static void amx_check_product(int sums, int left, int right) {
  const tile_configuration *c = &amx_here.config;
  amx_check(sums);
  amx_check(left);
  amx_check(right);
  amx_require(sums != left && sums != right && left != right, "a product of tiles that are the same");
  amx_require(c->row_bytes[sums] % 4 == 0 && c->row_bytes[left] % 4 == 0, "a product of partial quads");
  amx_require(c->rows[sums] == c->rows[left], "a product of tiles of different rows");
  amx_require(c->row_bytes[sums] == c->row_bytes[right], "a product of tiles of different columns");
  amx_require(c->row_bytes[left] / 4 == c->rows[right], "a product of tiles of different depth");
}

/* sums += left * right, of which each may be signed. */
static void amx_multiply(int sums, int left, int right, int left_signed, int right_signed) {
  const tile_configuration *c = &amx_here.config;
  amx_check_product(sums, left, right);
  for (int m = 0; m < c->rows[sums]; m++) {
    uint32_t row[AMX_ROW_BYTES / 4]; /* sums wrap */
    memcpy(row, amx_here.tile[sums][m], sizeof row);
    for (int k = 0; k < c->rows[right]; k++) {
      const uint8_t *a = amx_here.tile[left][m] + 4 * k;
      for (int n = 0; n < c->row_bytes[sums] / 4; n++) {
        const uint8_t *b = amx_here.tile[right][k] + 4 * n;
        for (int q = 0; q < 4; q++) {
          row[n] += (uint32_t)(amx_factor(a[q], left_signed) * amx_factor(b[q], right_signed));
        }
      }
    }
    memcpy(amx_here.tile[sums][m], row, sizeof row);
  }
}

/* Denormals count as 0. */
static float amx_flushed(float x) { return x < FLT_MIN && x > -FLT_MIN ? 0 * x : x; }

static float amx_widened(const uint8_t *bf16) {
  const uint32_t bits = (uint32_t)bf16[0] << 16 | (uint32_t)bf16[1] << 24;
  float value;
  memcpy(&value, &bits, sizeof value);
  return amx_flushed(value);
}

/* sums += left * right in pairs: the first of all pairs in one chain, the second in another. */
__attribute__((unused)) static void amx_multiply_bf16(int sums, int left, int right) {
  const tile_configuration *c = &amx_here.config;
  amx_check_product(sums, left, right);
  for (int m = 0; m < c->rows[sums]; m++) {
    for (int n = 0; n < c->row_bytes[sums] / 4; n++) {
      float chains[2] = {0, 0};
      for (int k = 0; k < c->rows[right]; k++) {
        for (int q = 0; q < 2; q++) {
          const float a = amx_widened(amx_here.tile[left][m] + 4 * k + 2 * q);
          const float b = amx_widened(amx_here.tile[right][k] + 4 * n + 2 * q);
          chains[q] = amx_flushed(chains[q] + amx_flushed(a * b)); /* the product is exact */
        }
      }
      float sum;
      memcpy(&sum, amx_here.tile[sums][m] + 4 * n, sizeof sum);
      sum = amx_flushed(amx_flushed(sum) + amx_flushed(chains[0] + chains[1]));
      memcpy(amx_here.tile[sums][m] + 4 * n, &sum, sizeof sum);
    }
  }
}

#endif
