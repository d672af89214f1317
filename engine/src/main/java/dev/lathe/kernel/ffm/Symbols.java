package dev.lathe.kernel.ffm;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.Optional;

/**
 * The functions of the native library, one per declaration in {@code lathe.h}, which says what they
 * take.
 *
 * @param gemmU8S8Avx512Vnni {@value #GEMM_U8S8_AVX512VNNI}
 */
record Symbols(MethodHandle abi, MethodHandle cpu, MethodHandle gemmU8S8Avx512Vnni) {

  /** {@code LATHE_ABI} of the header these descriptors were written after. */
  static final int ABI = 2;

  private static final String ABI_FUNCTION = "lathe_abi";
  private static final String CPU_FUNCTION = "lathe_cpu";
  static final String GEMM_U8S8_AVX512VNNI = "u8s8_brgemm_12x32c4__avx512vnni";

  /**
   * Pointers are passed as bare addresses, 0 for null: passing segments would count their users,
   * with an atomic operation each, at every call.
   */
  private static final ValueLayout.OfLong POINTER = JAVA_LONG;

  private static final FunctionDescriptor GEMM_U8S8 =
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
          JAVA_INT); // addend_first

  /** What each function takes and returns, by name. */
  static final Map<String, FunctionDescriptor> DESCRIPTORS =
      Map.of(
          ABI_FUNCTION, FunctionDescriptor.of(JAVA_INT),
          CPU_FUNCTION, FunctionDescriptor.of(JAVA_INT),
          GEMM_U8S8_AVX512VNNI, GEMM_U8S8);

  /**
   * Binds every function.
   *
   * @throws IllegalArgumentException naming the function the library lacks
   * @throws IllegalCallerException when native access is denied
   */
  static Symbols bind(SymbolLookup library) {
    return new Symbols(
        handle(library, ABI_FUNCTION),
        handle(library, CPU_FUNCTION),
        handle(library, GEMM_U8S8_AVX512VNNI));
  }

  @SuppressWarnings("restricted")
  private static MethodHandle handle(SymbolLookup library, String name) {
    FunctionDescriptor descriptor = Optional.ofNullable(DESCRIPTORS.get(name)).orElseThrow();
    return library
        .find(name)
        .map(address -> Linker.nativeLinker().downcallHandle(address, descriptor))
        .orElseThrow(() -> new IllegalArgumentException("it has no function " + name));
  }

  /** {@code LATHE_ABI} of the library. */
  int libraryAbi() {
    try {
      return (int) abi.invokeExact();
    } catch (Throwable thrown) {
      throw new AssertionError(thrown);
    }
  }

  /** {@code LATHE_CPU_*} bits: tiers the processor has and the operating system has enabled. */
  int cpuBits() {
    try {
      return (int) cpu.invokeExact();
    } catch (Throwable thrown) {
      throw new AssertionError(thrown);
    }
  }
}
