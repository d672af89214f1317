/* What the library says about itself and the processor. Compiled for the baseline: runs anywhere. */
#include "lathe.h"

#if defined(__x86_64__)
#include <cpuid.h>

/* XCR0: bits of the register state the operating system saves. */
static uint64_t saved_state(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

int32_t lathe_cpu(void) {
  enum { OSXSAVE = 1 << 27, AVX512F = 1 << 16, AVX512BW = 1 << 30, VNNI = 1 << 11 };
  const uint32_t avx512vl = 1u << 31;
  const uint64_t zmm_state = 0xe6; /* xmm, ymm, mask registers, both halves of zmm */
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE)) {
    return 0;
  }
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    return 0;
  }
  const uint32_t avx512 = (uint32_t)AVX512F | (uint32_t)AVX512BW | avx512vl;
  const int zmm = (saved_state() & zmm_state) == zmm_state;
  return zmm && (b & avx512) == avx512 && (c & VNNI) ? LATHE_CPU_AVX512VNNI : 0;
}
#else
int32_t lathe_cpu(void) { return 0; }
#endif

int32_t lathe_abi(void) { return LATHE_ABI; }
