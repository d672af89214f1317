package dev.lathe.kernel.ffm;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.util.Map.entry;

import dev.lathe.cpu.Isa;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The functions of the native library, one per declaration in {@code lathe.h}, which says what they
 * take.
 *
 * @param abi {@code lathe_abi}
 * @param cpu {@code lathe_cpu}
 * @param kernels address of each kernel the library has, by name: those of its platform
 */
record Symbols(MethodHandle abi, MethodHandle cpu, Map<String, MemorySegment> kernels) {

  /** {@code LATHE_ABI} of the header these descriptors were written after. */
  static final int ABI = 14;

  private static final String ABI_FUNCTION = "lathe_abi";
  private static final String CPU_FUNCTION = "lathe_cpu";

  /**
   * Pointers are passed as bare addresses, 0 for null: passing segments would count their users,
   * with an atomic operation each, at every call.
   */
  private static final ValueLayout.OfLong POINTER = JAVA_LONG;

  /** {@code LATHE_U8S8_BRGEMM}. */
  static final FunctionDescriptor GEMM_U8S8 =
      FunctionDescriptor.of(
          JAVA_INT, // 1: a row leaves lhs
          JAVA_INT, // m
          JAVA_INT, // k
          JAVA_INT, // taps
          JAVA_INT, // m_from
          JAVA_INT, // m_to
          JAVA_INT, // n_from
          JAVA_INT, // n_to
          POINTER, // lhs
          JAVA_LONG, // lhs_bytes
          JAVA_LONG, // lhs_stride
          POINTER, // row_offsets
          POINTER, // zero_row
          POINTER, // rhs
          POINTER, // rhs_zero_points
          POINTER, // dst
          JAVA_LONG, // dst_stride
          POINTER, // bias
          POINTER, // scale
          JAVA_INT, // zero_point
          JAVA_INT, // min
          JAVA_INT, // max
          POINTER, // addend
          JAVA_LONG, // addend_stride
          JAVA_FLOAT, // lhs_ratio
          JAVA_FLOAT, // rhs_ratio
          JAVA_FLOAT, // sum_offset
          JAVA_INT, // addend_first
          POINTER); // scratch

  /** {@code LATHE_BF16_BRGEMM}. */
  static final FunctionDescriptor GEMM_BF16 =
      FunctionDescriptor.of(
          JAVA_INT, // 1: a row leaves lhs
          JAVA_INT, // m
          JAVA_INT, // k
          JAVA_INT, // taps
          JAVA_INT, // m_from
          JAVA_INT, // m_to
          JAVA_INT, // n_from
          JAVA_INT, // n_to
          POINTER, // lhs
          JAVA_LONG, // lhs_bytes
          JAVA_LONG, // lhs_stride
          POINTER, // row_offsets
          POINTER, // zero_row
          POINTER, // rhs
          POINTER, // dst
          JAVA_LONG, // dst_stride
          POINTER, // bias
          POINTER, // addend
          JAVA_LONG, // addend_stride
          JAVA_FLOAT, // min
          JAVA_FLOAT, // max
          POINTER, // scratch
          JAVA_LONG); // scratch_bytes

  /** {@code LATHE_B1_BRGEMM}. */
  static final FunctionDescriptor GEMM_B1 =
      FunctionDescriptor.ofVoid(
          JAVA_LONG, // words
          JAVA_INT, // depth
          JAVA_INT, // m_from
          JAVA_INT, // m_to
          JAVA_INT, // n_from
          JAVA_INT, // n_to
          POINTER, // scales
          POINTER, // lhs
          JAVA_LONG, // lhs_stride
          JAVA_LONG, // nonzero_step
          POINTER, // rhs
          POINTER, // dst
          JAVA_LONG, // dst_stride
          POINTER, // bias
          POINTER, // addend
          JAVA_LONG, // addend_stride
          JAVA_FLOAT, // min
          JAVA_FLOAT, // max
          POINTER); // scratch

  /** {@code LATHE_S8_LEVELS}. */
  static final FunctionDescriptor S8_LEVELS =
      FunctionDescriptor.ofVoid(
          JAVA_INT, // k
          JAVA_INT, // block
          JAVA_INT, // n_from
          JAVA_INT, // n_to
          POINTER, // lhs
          POINTER, // rhs
          POINTER, // scales
          POINTER, // zero_points
          POINTER, // dst
          POINTER, // bias
          POINTER, // addend
          JAVA_FLOAT, // min
          JAVA_FLOAT, // max
          POINTER); // scratch

  /** {@code LATHE_U8S8_DWCONV}. */
  static final FunctionDescriptor DEPTHWISE_U8S8 =
      FunctionDescriptor.of(
          JAVA_INT, // 1: not made for such a kernel
          JAVA_INT, // channels
          JAVA_INT, // in_height
          JAVA_INT, // in_width
          JAVA_INT, // out_height
          JAVA_INT, // out_width
          JAVA_INT, // kernel_height
          JAVA_INT, // kernel_width
          JAVA_INT, // stride_height
          JAVA_INT, // stride_width
          JAVA_INT, // dilation_height
          JAVA_INT, // dilation_width
          JAVA_INT, // pad_top
          JAVA_INT, // pad_left
          POINTER, // weights
          POINTER, // src
          JAVA_INT, // src_zero_point
          POINTER, // dst
          POINTER, // bias
          POINTER, // scale
          JAVA_INT, // zero_point
          JAVA_INT, // min
          JAVA_INT, // max
          POINTER, // addend
          JAVA_LONG, // addend_stride
          JAVA_FLOAT, // lhs_ratio
          JAVA_FLOAT, // rhs_ratio
          JAVA_FLOAT, // sum_offset
          JAVA_INT, // addend_first
          JAVA_INT, // row_from
          JAVA_INT); // row_to

  /** {@code LATHE_U8S8_SPMM}. */
  static final FunctionDescriptor SPMM_U8S8 =
      FunctionDescriptor.ofVoid(
          JAVA_INT, // k
          JAVA_INT, // n
          JAVA_INT, // in_height
          JAVA_INT, // stride_height
          JAVA_INT, // dilation_height
          JAVA_INT, // pad_height
          JAVA_INT, // lanes_height
          JAVA_INT, // reach_height
          JAVA_INT, // in_width
          JAVA_INT, // stride_width
          JAVA_INT, // dilation_width
          JAVA_INT, // pad_width
          JAVA_INT, // lanes_width
          JAVA_INT, // reach_width
          JAVA_INT, // out_width
          JAVA_INT, // block_rows
          JAVA_LONG, // plane_pitch
          JAVA_INT, // row_from
          JAVA_INT, // row_to
          POINTER, // lhs
          JAVA_LONG, // lhs_bytes
          JAVA_LONG, // lhs_stride
          JAVA_INT, // lhs_zero_point
          POINTER, // rhs
          JAVA_INT, // chunks
          POINTER, // dst
          JAVA_LONG, // dst_stride
          POINTER, // bias
          POINTER, // scale
          JAVA_INT, // zero_point
          JAVA_INT, // min
          JAVA_INT, // max
          POINTER, // addend
          JAVA_LONG, // addend_stride
          JAVA_FLOAT, // lhs_ratio
          JAVA_FLOAT, // rhs_ratio
          JAVA_FLOAT, // sum_offset
          JAVA_INT, // addend_first
          POINTER); // scratch

  /** {@code LATHE_U8_QUANTIZE} and {@code LATHE_U8_DEQUANTIZE}. */
  static final FunctionDescriptor CONVERT_U8 =
      FunctionDescriptor.ofVoid(
          JAVA_FLOAT, // scale
          JAVA_INT, // zero_point
          POINTER, // src
          POINTER, // dst
          JAVA_LONG); // count

  /** {@code LATHE_U8_POOL}. */
  static final FunctionDescriptor POOL_U8 =
      FunctionDescriptor.ofVoid(
          JAVA_INT, // channels
          JAVA_INT, // in_height
          JAVA_INT, // in_width
          JAVA_INT, // out_width
          JAVA_INT, // kernel_height
          JAVA_INT, // kernel_width
          JAVA_INT, // stride_height
          JAVA_INT, // stride_width
          JAVA_INT, // dilation_height
          JAVA_INT, // dilation_width
          JAVA_INT, // pad_top
          JAVA_INT, // pad_left
          POINTER, // ratios
          JAVA_INT, // zero_point
          JAVA_INT, // out_zero_point
          POINTER, // src
          POINTER, // dst
          JAVA_INT, // row_from
          JAVA_INT); // row_to

  /** {@code LATHE_U8S8_DOTPROBE}. */
  static final FunctionDescriptor DOT_PROBE_U8S8 =
      FunctionDescriptor.of(
          JAVA_INT, // the sum of first lanes
          JAVA_LONG); // rounds

  /** What each function takes and returns, by name. */
  static final Map<String, FunctionDescriptor> DESCRIPTORS =
      Map.ofEntries(
          entry(ABI_FUNCTION, FunctionDescriptor.of(JAVA_INT)),
          entry(CPU_FUNCTION, FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG)),
          entry("u8s8_brgemm_4x16c4__avx2", GEMM_U8S8),
          entry("u8s8_brgemm_6x16c4__avxvnni", GEMM_U8S8),
          entry("u8s8_brgemm_12x32c4__avx512vnni", GEMM_U8S8),
          entry("u8s8_brgemm_32x32c4__amx", GEMM_U8S8),
          entry("u8_quantize__avx2", CONVERT_U8),
          entry("u8_dequantize__avx2", CONVERT_U8),
          entry("u8_pool__avx2", POOL_U8),
          entry("bf16_brgemm_32x32c2__amxbf16", GEMM_BF16),
          entry("b1_brgemm_4x64__avx2", GEMM_B1),
          entry("b1_brgemm_12x32__avx512popcnt", GEMM_B1),
          entry("s8s4_gemm_1x16__avx2", S8_LEVELS),
          entry("s8s2_gemm_1x16__avx2", S8_LEVELS),
          entry("s8s4_gemm_1x16__avxvnni", S8_LEVELS),
          entry("s8s2_gemm_1x16__avxvnni", S8_LEVELS),
          entry("s8s4_gemm_1x16__avx512vnni", S8_LEVELS),
          entry("s8s2_gemm_1x16__avx512vnni", S8_LEVELS),
          entry("u8s8_dwconv_4x8__avx2", DEPTHWISE_U8S8),
          entry("u8_quantize__avx512vnni", CONVERT_U8),
          entry("u8_dequantize__avx512vnni", CONVERT_U8),
          entry("u8_pool__avx512vnni", POOL_U8),
          entry("u8s8_dwconv_4x64__avx512vnni", DEPTHWISE_U8S8),
          entry("u8s8_spmm_96x1c4__avx2", SPMM_U8S8),
          entry("u8s8_spmm_96x4c4__avx2", SPMM_U8S8),
          entry("u8s8_spmm_96x1c4__avxvnni", SPMM_U8S8),
          entry("u8s8_spmm_96x4c4__avxvnni", SPMM_U8S8),
          entry("u8s8_spmm_192x1c4__avx512vnni", SPMM_U8S8),
          entry("u8s8_spmm_192x4c4__avx512vnni", SPMM_U8S8),
          entry("u8s8_spmm_64x1c4__neondot", SPMM_U8S8),
          entry("u8s8_spmm_64x4c4__neondot", SPMM_U8S8),
          entry("u8s8_spmm_64x1c4__neoni8mm", SPMM_U8S8),
          entry("u8s8_spmm_64x4c4__neoni8mm", SPMM_U8S8),
          entry("u8s8_spmm_64x16c64__amx", SPMM_U8S8),
          entry("u8s8_dotprobe_5x8c32__avx2", DOT_PROBE_U8S8),
          entry("u8s8_dotprobe_14x8c4__avxvnni", DOT_PROBE_U8S8),
          entry("u8s8_dotprobe_16x16c4__avx512vnni", DOT_PROBE_U8S8),
          entry("u8s8_dotprobe_6x256c64__amx", DOT_PROBE_U8S8),
          entry("u8s8_brgemm_4x16c4__neondot", GEMM_U8S8),
          entry("u8s8_brgemm_8x8c4__neoni8mm", GEMM_U8S8),
          entry("b1_brgemm_4x32__neondot", GEMM_B1),
          entry("s8s4_gemm_1x16__neondot", S8_LEVELS),
          entry("s8s2_gemm_1x16__neondot", S8_LEVELS),
          entry("u8_quantize__neondot", CONVERT_U8),
          entry("u8_dequantize__neondot", CONVERT_U8),
          entry("u8_pool__neondot", POOL_U8),
          entry("u8s8_dwconv_4x8__neondot", DEPTHWISE_U8S8),
          entry("u8s8_dotprobe_16x4c4__neondot", DOT_PROBE_U8S8),
          entry("u8s8_dotprobe_16x4c8__neoni8mm", DOT_PROBE_U8S8));

  /**
   * Finds every function the library has.
   *
   * @throws IllegalArgumentException when it does not tell its version
   * @throws IllegalCallerException when native access is denied
   */
  static Symbols bind(SymbolLookup library) {
    Map<String, MemorySegment> kernels = new HashMap<>();
    for (String name : DESCRIPTORS.keySet()) {
      library.find(name).ifPresent(address -> kernels.put(name, address));
    }
    return new Symbols(
        handle(kernels, ABI_FUNCTION), handle(kernels, CPU_FUNCTION), Map.copyOf(kernels));
  }

  @SuppressWarnings("restricted")
  private static MethodHandle handle(Map<String, MemorySegment> found, String name) {
    MemorySegment address = found.remove(name);
    if (address == null) {
      throw new IllegalArgumentException("it has no function " + name);
    }
    return Linker.nativeLinker().downcallHandle(address, descriptor(name));
  }

  /** A handle for all functions of one type, whose first parameter is the function's address. */
  @SuppressWarnings("restricted")
  static MethodHandle handle(FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(descriptor);
  }

  /** An argument that may be null. */
  static long address(@Nullable MemorySegment segment) {
    return segment == null ? 0 : segment.address();
  }

  /** The address of a kernel that the library has. */
  MemorySegment kernel(String name) {
    MemorySegment address = kernels.get(name);
    if (address == null) {
      throw new IllegalArgumentException("the native library has no function " + name);
    }
    return address;
  }

  /** Whether the library has a kernel of a tier. */
  boolean hasKernelOf(Isa isa) {
    return kernels.keySet().stream().anyMatch(name -> name.endsWith("__" + isa.id()));
  }

  private static FunctionDescriptor descriptor(String name) {
    FunctionDescriptor descriptor = DESCRIPTORS.get(name);
    if (descriptor == null) {
      throw new IllegalArgumentException("no descriptor for " + name);
    }
    return descriptor;
  }

  /** {@code LATHE_ABI} of the library. */
  int libraryAbi() {
    try {
      return (int) abi.invokeExact();
    } catch (Throwable thrown) {
      throw new AssertionError(thrown);
    }
  }

  /**
   * {@code LATHE_CPU_*} bits: tiers the processor has and the operating system has enabled.
   *
   * @param hwcap what Linux says of an ARM processor, two words; 0 on x86-64
   */
  int cpuBits(long hwcap, long hwcap2) {
    try {
      return (int) cpu.invokeExact(hwcap, hwcap2);
    } catch (Throwable thrown) {
      throw new AssertionError(thrown);
    }
  }
}
