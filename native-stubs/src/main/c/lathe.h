/*
 * Every function of the native library. dev.lathe.kernel.ffm.Symbols binds exactly these; a test
 * compares the two.
 *
 * The functions use no libc, keep no state, and touch only the memory their arguments describe.
 */
#ifndef LATHE_H
#define LATHE_H

#include <stdint.h>

#define LATHE_EXPORT __attribute__((visibility("default")))

/* Changes whenever a declaration below does. */
#define LATHE_ABI 2

/* Bits of lathe_cpu(). */
#define LATHE_CPU_AVX512VNNI 1

/* LATHE_ABI of the library. */
LATHE_EXPORT int32_t lathe_abi(void);

/*
 * The tiers this processor has and the operating system keeps the registers of: LATHE_CPU_* bits.
 */
LATHE_EXPORT int32_t lathe_cpu(void);

/*
 * GemmU8S8: rows [m_from, m_to) and columns [n_from, n_to) of
 *   dst = requantize(sum over t of lhs_t[m x k] * (rhs_t[k x n] - rhs_zero_points[n]) + bias)
 *
 * lhs              lhs_bytes bytes; row i of tap t starts at i * lhs_stride + t * k
 * row_offsets      [taps][m], or null: where row i of tap t starts instead; negative: at zero_row
 * rhs              [n/16][taps][k/4][16][4], zero in the padding
 * rhs_zero_points  [n], readable to a multiple of 16, or null
 * bias, scale      [n], readable to a multiple of 16; without scale dst is int32 and gets the sums as they are
 * dst_stride       in elements of dst
 * addend           rows addend_stride apart, or null; the scalars after it belong to it:
 *                  fma(a, lhs_ratio, fma(b, rhs_ratio, sum_offset)), of which it is a when addend_first
 * n_from           a multiple of 16
 *
 * Returns 0, or 1 without having written when a row of row_offsets leaves lhs or needs a zero_row that is null.
 */
LATHE_EXPORT int32_t u8s8_brgemm_12x32c4__avx512vnni(
    int32_t m,
    int32_t k,
    int32_t taps,
    int32_t m_from,
    int32_t m_to,
    int32_t n_from,
    int32_t n_to,
    const uint8_t *lhs,
    int64_t lhs_bytes,
    int64_t lhs_stride,
    const int32_t *row_offsets,
    const uint8_t *zero_row,
    const int8_t *rhs,
    const int32_t *rhs_zero_points,
    void *dst,
    int64_t dst_stride,
    const int32_t *bias,
    const float *scale,
    int32_t zero_point,
    int32_t min,
    int32_t max,
    const uint8_t *addend,
    int64_t addend_stride,
    float lhs_ratio,
    float rhs_ratio,
    float sum_offset,
    int32_t addend_first);

#endif
