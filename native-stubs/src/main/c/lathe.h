/*
 * Every function of the native library. dev.lathe.kernel.ffm.Symbols binds exactly these; a test
 * compares the two.
 *
 * The functions use no libc, keep no state, and touch only the memory their arguments describe.
 * lathe_cpu() asks the kernel for permission, which lasts as long as the process.
 */
#ifndef LATHE_H
#define LATHE_H

#include <stdint.h>

#define LATHE_EXPORT __attribute__((visibility("default")))

/* Changes whenever a declaration below does. */
#define LATHE_ABI 14

/* Bits of lathe_cpu(). */
#define LATHE_CPU_AVX2 1
#define LATHE_CPU_AVXVNNI 2
#define LATHE_CPU_AVX512VNNI 4
#define LATHE_CPU_AMX 8
#define LATHE_CPU_NEONDOT 16
#define LATHE_CPU_NEONI8MM 32
/* Instead of LATHE_CPU_AMX: the processor has it, but the kernel does not let this process use it. */
#define LATHE_CPU_AMX_REFUSED 64
#define LATHE_CPU_AMXBF16 128
#define LATHE_CPU_AVX512POPCNT 256

/* LATHE_ABI of the library. */
LATHE_EXPORT int32_t lathe_abi(void);

/*
 * The tiers this processor has and the operating system keeps the registers of: LATHE_CPU_* bits.
 * Where the processor has AMX, Linux is asked to let all threads of the process use the tiles.
 *
 * hwcap, hwcap2  getauxval(AT_HWCAP) and getauxval(AT_HWCAP2), which x86-64 doesn't need
 */
LATHE_EXPORT int32_t lathe_cpu(int64_t hwcap, int64_t hwcap2);

/*
 * GemmU8S8: rows [m_from, m_to) and columns [n_from, n_to) of
 *   dst = requantize(sum over t of lhs_t[m x k] * (rhs_t[k x n] - rhs_zero_points[n]) + bias)
 *
 * lhs              lhs_bytes bytes; row i of tap t starts at i * lhs_stride + t * k
 * row_offsets      [taps][m], or null: where row i of tap t starts instead; negative: at zero_row
 * rhs              [n/16][taps][k/4][16][4], zero in the padding; on AVX2
 *                  dev.lathe.kernel.pack.QuadRunsS8
 * rhs_zero_points  [n], readable to a multiple of 16, or null
 * bias, scale      [n], readable to a multiple of 16; without scale dst is int32 and gets the sums as
 *                  they are
 * dst_stride       in elements of dst
 * addend           rows addend_stride apart, or null; the scalars after it belong to it:
 *                  fma(a, lhs_ratio, fma(b, rhs_ratio, sum_offset)), of which it is a when
 *                  addend_first, else b
 * n_from           a multiple of 16
 *
 * Returns 0, or 1 without having written when a row of row_offsets leaves lhs or needs a zero_row
 * that is null.
 */
#define LATHE_U8S8_BRGEMM(name)       \
  LATHE_EXPORT int32_t name(          \
      int32_t m,                      \
      int32_t k,                      \
      int32_t taps,                   \
      int32_t m_from,                 \
      int32_t m_to,                   \
      int32_t n_from,                 \
      int32_t n_to,                   \
      const uint8_t *lhs,             \
      int64_t lhs_bytes,              \
      int64_t lhs_stride,             \
      const int32_t *row_offsets,     \
      const uint8_t *zero_row,        \
      const int8_t *rhs,              \
      const int32_t *rhs_zero_points, \
      void *dst,                      \
      int64_t dst_stride,             \
      const int32_t *bias,            \
      const float *scale,             \
      int32_t zero_point,             \
      int32_t min,                    \
      int32_t max,                    \
      const uint8_t *addend,          \
      int64_t addend_stride,          \
      float lhs_ratio,                \
      float rhs_ratio,                \
      float sum_offset,               \
      int32_t addend_first,           \
      uint8_t *scratch)

/*
 * GemmBf16: rows [m_from, m_to) and columns [n_from, n_to) of
 *   dst = clamp(sum over t of bf16(lhs_t[m x k]) * rhs_t[k x n] + bias (+ addend), min, max)
 *
 * lhs            lhs_bytes bytes; rows as above, in elements
 * rhs            bf16 [n/16][taps][k/32][16][16][2], zero in the padding
 * bias           [n], readable to a multiple of 16, or null
 * addend         rows addend_stride apart, or null
 * scratch        scratch_bytes bytes: room for the smaller of 32 and m_to - m_from rows or more,
 *                each of taps * (ceil(k / 32) | 1) * 64 bytes
 * n_from         a multiple of 16
 *
 * Returns 0, or 1 without having written when a row of row_offsets leaves lhs or needs a zero_row
 * that is null.
 */
#define LATHE_BF16_BRGEMM(name)     \
  LATHE_EXPORT int32_t name(        \
      int32_t m,                    \
      int32_t k,                    \
      int32_t taps,                 \
      int32_t m_from,               \
      int32_t m_to,                 \
      int32_t n_from,               \
      int32_t n_to,                 \
      const float *lhs,             \
      int64_t lhs_bytes,            \
      int64_t lhs_stride,           \
      const int32_t *row_offsets,   \
      const float *zero_row,        \
      const uint8_t *rhs,           \
      float *dst,                   \
      int64_t dst_stride,           \
      const float *bias,            \
      const float *addend,          \
      int64_t addend_stride,        \
      float min,                    \
      float max,                    \
      uint8_t *scratch,             \
      int64_t scratch_bytes)

/*
 * GemmB1: rows [m_from, m_to) and columns [n_from, n_to) of
 *   dst = clamp(float(sum of lhs[m x depth] * rhs[depth x n]) * scales + bias (+ addend), min, max)
 *
 * depth         signs of a row that are there, in words of 32 bits
 * scales        [n], readable to a multiple of 32
 * lhs           bits of signs that are negative; rows lhs_stride words apart
 * nonzero_step  bytes from there to bits of signs that are not 0; or 0 when all of depth are not
 * rhs           bits of signs that are negative, SignPanels of the kernel's columns and lanes
 * bias          [n], readable to a multiple of 16, or null
 * addend        rows addend_stride apart, or null
 * scratch       as many bytes as FfmGemmB1 says, aligned to 64
 * n_from        a multiple of the tile's columns
 */
#define LATHE_B1_BRGEMM(name)   \
  LATHE_EXPORT void name(       \
      int64_t words,            \
      int32_t depth,            \
      int32_t m_from,           \
      int32_t m_to,             \
      int32_t n_from,           \
      int32_t n_to,             \
      const float *scales,      \
      const uint8_t *lhs,       \
      int64_t lhs_stride,       \
      int64_t nonzero_step,     \
      const uint8_t *rhs,       \
      float *dst,               \
      int64_t dst_stride,       \
      const float *bias,        \
      const float *addend,      \
      int64_t addend_stride,    \
      float min,                \
      float max,                \
      uint8_t *scratch)

/*
 * GemmS8Levels: columns [n_from, n_to) of one row,
 *   dst = clamp(lhs[k] * (rhs[k x n] - zero_points) * scales + bias (+ addend), min, max)
 *
 * block        k that share a scale, a multiple of 16
 * rhs          PackedLevels of the name's bits
 * scales       [n/16][blocks][16]
 * zero_points  likewise, or null
 * dst          the row, and so is addend, or null
 * bias         [n], readable to a multiple of 16, or null
 * scratch      8 bytes per block in whole lines of 64, and k + 16
 * n_from       a multiple of 16
 */
#define LATHE_S8_LEVELS(name)      \
  LATHE_EXPORT void name(          \
      int32_t k,                   \
      int32_t block,               \
      int32_t n_from,              \
      int32_t n_to,                \
      const float *lhs,            \
      const uint8_t *rhs,          \
      const float *scales,         \
      const float *zero_points,    \
      float *dst,                  \
      const float *bias,           \
      const float *addend,         \
      float min,                   \
      float max,                   \
      uint8_t *scratch)

/*
 * DepthwiseU8S8: output rows [row_from, row_to) of one NHWC image.
 *
 * weights      [kernel_height * kernel_width][channels]
 * bias, scale  [channels]
 * addend       [pixels] rows addend_stride apart, or null; the scalars after it as above
 *
 * Returns 0, or 1 without having written when it is not made for such a kernel.
 */
#define LATHE_U8S8_DWCONV(name)       \
  LATHE_EXPORT int32_t name(          \
      int32_t channels,               \
      int32_t in_height,              \
      int32_t in_width,               \
      int32_t out_height,             \
      int32_t out_width,              \
      int32_t kernel_height,          \
      int32_t kernel_width,           \
      int32_t stride_height,          \
      int32_t stride_width,           \
      int32_t dilation_height,        \
      int32_t dilation_width,         \
      int32_t pad_top,                \
      int32_t pad_left,               \
      const int16_t *weights,         \
      const uint8_t *src,             \
      int32_t src_zero_point,         \
      uint8_t *dst,                   \
      const int32_t *bias,            \
      const float *scale,             \
      int32_t zero_point,             \
      int32_t min,                    \
      int32_t max,                    \
      const uint8_t *addend,          \
      int64_t addend_stride,          \
      float lhs_ratio,                \
      float rhs_ratio,                \
      float sum_offset,               \
      int32_t addend_first,           \
      int32_t row_from,               \
      int32_t row_to)

/*
 * SpmmU8S8: output rows [row_from, row_to) of one NHWC image; dev.lathe.kernel.SlabShape says what the
 * slab is and dev.lathe.kernel.pack.SparseQuadsS8,
 * or SparseTilesS8 for AMX, what rhs is.
 *
 * k, n            channels of the input and of the output
 * in_height, stride_height, dilation_height, pad_height, lanes_height, reach_height
 *                 of the vertical axis, and the same of the horizontal one
 * block_rows      output rows whose inputs a slab holds
 * plane_pitch     elements of 4 bytes between planes of the slab, where there are some
 * lhs             lhs_bytes bytes, pixels lhs_stride apart
 * lhs_zero_point  what inputs outside the image are
 * chunks          of rhs
 * bias, scale     [n], readable to a multiple of 16; without scale dst is int32 and gets the sums as
 *                 they are
 * dst_stride      in elements of dst, between pixels
 * addend          pixels addend_stride apart, or null; the scalars after it as above
 * scratch         as many bytes as SpmmU8S8.scratchBytes says, aligned to 64
 */
#define LATHE_U8S8_SPMM(name)   \
  LATHE_EXPORT void name(       \
      int32_t k,                \
      int32_t n,                \
      int32_t in_height,        \
      int32_t stride_height,    \
      int32_t dilation_height,  \
      int32_t pad_height,       \
      int32_t lanes_height,     \
      int32_t reach_height,     \
      int32_t in_width,         \
      int32_t stride_width,     \
      int32_t dilation_width,   \
      int32_t pad_width,        \
      int32_t lanes_width,      \
      int32_t reach_width,      \
      int32_t out_width,        \
      int32_t block_rows,       \
      int64_t plane_pitch,      \
      int32_t row_from,         \
      int32_t row_to,           \
      const uint8_t *lhs,       \
      int64_t lhs_bytes,        \
      int64_t lhs_stride,       \
      int32_t lhs_zero_point,   \
      const uint8_t *rhs,       \
      int32_t chunks,           \
      void *dst,                \
      int64_t dst_stride,       \
      const int32_t *bias,      \
      const float *scale,       \
      int32_t zero_point,       \
      int32_t min,              \
      int32_t max,              \
      const uint8_t *addend,    \
      int64_t addend_stride,    \
      float lhs_ratio,          \
      float rhs_ratio,          \
      float sum_offset,         \
      int32_t addend_first,     \
      uint8_t *scratch)

/*
 * QuantizeU8: dst[i] = saturate_u8(rint(src[i] / scale) + zero_point), NaN to the zero point, and
 * dst[i] = (src[i] - zero_point) * scale, over count elements.
 */
#define LATHE_U8_QUANTIZE(name) \
  LATHE_EXPORT void name(       \
      float scale,              \
      int32_t zero_point,       \
      const float *src,         \
      uint8_t *dst,             \
      int64_t count)

#define LATHE_U8_DEQUANTIZE(name) \
  LATHE_EXPORT void name(         \
      float scale,                \
      int32_t zero_point,         \
      const uint8_t *src,         \
      float *dst,                 \
      int64_t count)

/*
 * PoolU8: output rows [row_from, row_to) of one NHWC image, of each pixel's taps inside the image.
 *
 * ratios  [out_height * out_width]: saturate_u8(rint((sum of (tap - zero_point)) * ratio) +
 *         out_zero_point); null: the maximum of the taps
 */
#define LATHE_U8_POOL(name)         \
  LATHE_EXPORT void name(           \
      int32_t channels,             \
      int32_t in_height,            \
      int32_t in_width,             \
      int32_t out_width,            \
      int32_t kernel_height,        \
      int32_t kernel_width,         \
      int32_t stride_height,        \
      int32_t stride_width,         \
      int32_t dilation_height,      \
      int32_t dilation_width,       \
      int32_t pad_top,              \
      int32_t pad_left,             \
      const float *ratios,          \
      int32_t zero_point,           \
      int32_t out_zero_point,       \
      const uint8_t *src,           \
      uint8_t *dst,                 \
      int32_t row_from,             \
      int32_t row_to)

/*
 * DotProbeU8S8: nothing but the products of a tier, in registers, in independent chains. The tile of
 * the name is <chains>x<lanes>c<products per lane and round>.
 *
 * Returns the sum of all chains' first lanes, as int32 that wraps: chain c starts at c, and every
 * round adds 3 * -2 per product.
 */
#define LATHE_U8S8_DOTPROBE(name) LATHE_EXPORT int32_t name(int64_t rounds)

/* On x86-64. */
LATHE_U8S8_BRGEMM(u8s8_brgemm_4x16c4__avx2);
LATHE_U8S8_BRGEMM(u8s8_brgemm_6x16c4__avxvnni);
LATHE_U8S8_BRGEMM(u8s8_brgemm_12x32c4__avx512vnni);
LATHE_U8S8_BRGEMM(u8s8_brgemm_32x32c4__amx);
LATHE_U8_QUANTIZE(u8_quantize__avx2);
LATHE_U8_DEQUANTIZE(u8_dequantize__avx2);
LATHE_U8_POOL(u8_pool__avx2);
LATHE_U8_QUANTIZE(u8_quantize__avx512vnni);
LATHE_U8_DEQUANTIZE(u8_dequantize__avx512vnni);
LATHE_U8_POOL(u8_pool__avx512vnni);
LATHE_BF16_BRGEMM(bf16_brgemm_32x32c2__amxbf16);
LATHE_B1_BRGEMM(b1_brgemm_12x32__avx512popcnt);
LATHE_B1_BRGEMM(b1_brgemm_4x64__avx2);
LATHE_S8_LEVELS(s8s4_gemm_1x16__avx2);
LATHE_S8_LEVELS(s8s2_gemm_1x16__avx2);
LATHE_S8_LEVELS(s8s4_gemm_1x16__avxvnni);
LATHE_S8_LEVELS(s8s2_gemm_1x16__avxvnni);
LATHE_S8_LEVELS(s8s4_gemm_1x16__avx512vnni);
LATHE_S8_LEVELS(s8s2_gemm_1x16__avx512vnni);
LATHE_U8S8_DWCONV(u8s8_dwconv_4x8__avx2);
LATHE_U8S8_DWCONV(u8s8_dwconv_4x64__avx512vnni);
LATHE_U8S8_SPMM(u8s8_spmm_96x1c4__avx2);
LATHE_U8S8_SPMM(u8s8_spmm_96x4c4__avx2);
LATHE_U8S8_SPMM(u8s8_spmm_96x1c4__avxvnni);
LATHE_U8S8_SPMM(u8s8_spmm_96x4c4__avxvnni);
LATHE_U8S8_SPMM(u8s8_spmm_192x1c4__avx512vnni);
LATHE_U8S8_SPMM(u8s8_spmm_192x4c4__avx512vnni);
LATHE_U8S8_SPMM(u8s8_spmm_64x1c4__neondot);
LATHE_U8S8_SPMM(u8s8_spmm_64x4c4__neondot);
LATHE_U8S8_SPMM(u8s8_spmm_64x1c4__neoni8mm);
LATHE_U8S8_SPMM(u8s8_spmm_64x4c4__neoni8mm);
LATHE_U8S8_SPMM(u8s8_spmm_64x16c64__amx);
LATHE_U8S8_DOTPROBE(u8s8_dotprobe_5x8c32__avx2);
LATHE_U8S8_DOTPROBE(u8s8_dotprobe_14x8c4__avxvnni);
LATHE_U8S8_DOTPROBE(u8s8_dotprobe_16x16c4__avx512vnni);
LATHE_U8S8_DOTPROBE(u8s8_dotprobe_6x256c64__amx);

/* On aarch64. */
LATHE_U8_QUANTIZE(u8_quantize__neondot);
LATHE_U8_DEQUANTIZE(u8_dequantize__neondot);
LATHE_U8_POOL(u8_pool__neondot);
LATHE_U8S8_DWCONV(u8s8_dwconv_4x8__neondot);
LATHE_U8S8_BRGEMM(u8s8_brgemm_4x16c4__neondot);
LATHE_B1_BRGEMM(b1_brgemm_4x32__neondot);
LATHE_S8_LEVELS(s8s4_gemm_1x16__neondot);
LATHE_S8_LEVELS(s8s2_gemm_1x16__neondot);
LATHE_U8S8_BRGEMM(u8s8_brgemm_8x8c4__neoni8mm);
LATHE_U8S8_DOTPROBE(u8s8_dotprobe_16x4c4__neondot);
LATHE_U8S8_DOTPROBE(u8s8_dotprobe_16x4c8__neoni8mm);

#endif
