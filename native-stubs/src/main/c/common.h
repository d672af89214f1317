/* What every kernel file needs from the compiler. */
#ifndef LATHE_COMMON_H
#define LATHE_COMMON_H

#include <stddef.h>
#include <stdint.h>

#include "lathe.h"

/* Tests that emulate instructions define it, and UNROLL, so as to have less to compile. */
#ifndef INLINE
#define INLINE static inline __attribute__((always_inline))
#endif

/* Before loops over the registers of a tile, whose counts are constants once inlined. */
#if defined(UNROLL)
#elif defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* Four bytes as one number; from may be unaligned. */
INLINE int32_t load_quad(const uint8_t *from) {
  int32_t quad;
  __builtin_memcpy(&quad, from, sizeof quad);
  return quad;
}

/* The first count < 8 of eight bytes; zeros after them. Not worth a copy per use. */
__attribute__((noinline, unused)) static uint64_t load_bytes(const uint8_t *from, int32_t count) {
  uint64_t bytes = 0;
  for (int32_t i = 0; i < count; i++) {
    bytes |= (uint64_t)from[i] << 8 * i;
  }
  return bytes;
}

/* Stores the first count < 8 of eight bytes. */
__attribute__((noinline, unused)) static void store_bytes(
    uint8_t *to, uint64_t bytes, int32_t count) {
  for (int32_t i = 0; i < count; i++, bytes >>= 8) {
    to[i] = (uint8_t)bytes;
  }
}

#endif
