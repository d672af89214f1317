/* What the library says about itself and the processor. Compiled for the baseline: runs anywhere. */
#include "lathe.h"

#if defined(__x86_64__)
#include <cpuid.h>

enum {
  FMA = 12, /* leaf 1, ecx */
  OSXSAVE = 27,
  AVX = 28,
  AVX2 = 5, /* leaf 7, ebx */
  AVX512F = 16,
  AVX512BW = 30,
  AVX512VL = 31,
  VNNI = 11,   /* leaf 7, ecx */
  VPOPCNTDQ = 14,
  AMX_BF16 = 22, /* leaf 7, edx */
  AMX_TILE = 24,
  AMX_INT8 = 25,
  AVXVNNI = 4, /* leaf 7.1, eax */
};

/*
 * Registers the operating system saves, as bits of XCR0: xmm and ymm; also mask registers, zmm; the
 * tiles' configuration and data.
 */
enum { YMM_STATE = 0x06, ZMM_STATE = 0xe6, TILE_STATE = 0x60000 };

/* Linux, asm/prctl.h and the number of its system call; the bit of XCR0 that is the tiles' data. */
enum { ARCH_PRCTL = 158, ARCH_GET_XCOMP_PERM = 0x1022, ARCH_REQ_XCOMP_PERM = 0x1023, TILE_DATA = 18 };

static int has(uint32_t word, int bit) { return (int)(word >> bit & 1); }

static uint64_t saved_state(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

static int64_t arch_prctl(int64_t option, int64_t argument) {
  int64_t result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"((int64_t)ARCH_PRCTL), "D"(option), "S"(argument)
                   : "rcx", "r11", "memory");
  return result;
}

/* Asks for the tiles' data, which Linux saves only for processes that did; for all threads at once. */
static int permitted_tiles(void) {
  uint64_t permitted = 0;
  return arch_prctl(ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0 &&
    arch_prctl(ARCH_GET_XCOMP_PERM, (int64_t)&permitted) == 0 && (permitted >> TILE_DATA & 1) != 0;
}

int32_t lathe_cpu(int64_t hwcap, int64_t hwcap2) {
  (void)hwcap;
  (void)hwcap2;
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !has(c, OSXSAVE) || !has(c, AVX) || !has(c, FMA)) {
    return 0;
  }
  const uint64_t saved = saved_state();
  const int ymm = (saved & YMM_STATE) == YMM_STATE;
  const int zmm = (saved & ZMM_STATE) == ZMM_STATE;
  if (!ymm || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !has(b, AVX2)) {
    return 0;
  }
  int32_t tiers = LATHE_CPU_AVX2;
  const int tiles = (saved & TILE_STATE) == TILE_STATE && has(d, AMX_TILE);
  const int permitted = tiles && permitted_tiles();
  if (tiles && !permitted) {
    tiers |= LATHE_CPU_AMX_REFUSED;
  }
  if (permitted && has(d, AMX_BF16)) {
    tiers |= LATHE_CPU_AMXBF16;
  }
  if (zmm && has(b, AVX512F) && has(b, AVX512BW) && has(b, AVX512VL) && has(c, VNNI)) {
    tiers |= LATHE_CPU_AVX512VNNI;
    if (has(c, VPOPCNTDQ)) {
      tiers |= LATHE_CPU_AVX512POPCNT;
    }
    if (permitted && has(d, AMX_INT8)) {
      tiers |= LATHE_CPU_AMX;
    }
  }
  const uint32_t subleaves = a;
  if (subleaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && has(a, AVXVNNI)) {
    tiers |= LATHE_CPU_AVXVNNI;
  }
  return tiers;
}
#elif defined(__aarch64__)
/* Linux, asm/hwcap.h. */
enum { ASIMDDP = 20, I8MM = 13 };

int32_t lathe_cpu(int64_t hwcap, int64_t hwcap2) {
  const int dot = (int)(hwcap >> ASIMDDP & 1);
  const int i8mm = (int)(hwcap2 >> I8MM & 1);
  return (dot ? LATHE_CPU_NEONDOT : 0) | (i8mm ? LATHE_CPU_NEONI8MM : 0);
}
#endif

int32_t lathe_abi(void) { return LATHE_ABI; }
