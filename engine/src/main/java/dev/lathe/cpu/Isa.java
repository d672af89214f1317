package dev.lathe.cpu;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The tiers a kernel can be written for, from the plainest to the most special. The name is the
 * suffix of kernel names and the value of the override.
 */
public enum Isa {
  /** Plain Java, one element at a time: the reference and the last resort. */
  SCALAR,
  /** jdk.incubator.vector with 128-bit vectors (NEON, SSE). */
  VECTOR128,
  /** jdk.incubator.vector with 256-bit vectors (AVX2, SVE-256). */
  VECTOR256,
  /** jdk.incubator.vector with 512-bit vectors (AVX-512). */
  VECTOR512,
  /** Native: AVX2 without an 8-bit dot product. */
  AVX2,
  /** Native: AVX-VNNI, 256-bit vpdpbusd. */
  AVXVNNI,
  /** Native: AVX-512 VNNI, 512-bit vpdpbusd. */
  AVX512VNNI,
  /** Native: AVX-512 VPOPCNTDQ, 512-bit vpopcntd, besides VNNI. */
  AVX512POPCNT,
  /** Native: AMX int8 tiles. */
  AMX,
  /** Native: AMX bf16 tiles, for products whose operands may be rounded. */
  AMXBF16,
  /** Native: Armv8.2 sdot and udot. */
  NEONDOT,
  /** Native: Armv8.6 smmla and usmmla. */
  NEONI8MM;

  /** Lower case, as in kernel names and overrides: {@code vector512}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether kernels of this tier are written with the Vector API. */
  public boolean isVector() {
    return this == VECTOR128 || this == VECTOR256 || this == VECTOR512;
  }

  /** Whether kernels of this tier live in the native library. */
  public boolean isNative() {
    return this != SCALAR && !isVector();
  }

  /** The native tier whose kernels stand in where this native one has none, or null. */
  public @Nullable Isa includes() {
    return switch (this) {
      case AVXVNNI -> AVX2;
      case AVX512POPCNT -> AVX512VNNI;
      case AMX -> AVX512POPCNT;
      case AMXBF16 -> AMX;
      case NEONI8MM -> NEONDOT;
      default -> null;
    };
  }

  /** Vector width in bits for the Vector API tiers, else 0. */
  public int vectorBits() {
    return switch (this) {
      case VECTOR128 -> 128;
      case VECTOR256 -> 256;
      case VECTOR512 -> 512;
      default -> 0;
    };
  }

  /**
   * The tier an override names.
   *
   * @throws UsageException for an unknown name; never a quiet substitute
   */
  public static Isa parse(String id) {
    for (Isa isa : values()) {
      if (isa.id().equals(id.toLowerCase(Locale.ROOT))) {
        return isa;
      }
    }
    throw new UsageException(
        new Problem(
            "unknown instruction set '" + id + "'",
            "option --isa, property dev.lathe.isa",
            "",
            "use one of "
                + Arrays.stream(values()).map(Isa::id).collect(Collectors.joining(", "))));
  }
}
