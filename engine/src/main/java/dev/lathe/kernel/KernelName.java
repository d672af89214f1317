package dev.lathe.kernel;

import dev.lathe.cpu.Isa;

/**
 * A kernel's name is its specification: {@code <types>_<op>_<tile>__<tier>}, as in {@code
 * u8s8_brgemm_8x32c4__avx512vnni}. The tile part is absent for kernels without one, as in {@code
 * f32_maxpool__vector256}.
 *
 * @param types operand types in order, such as {@code f32} or {@code u8s8}
 * @param op what it computes, such as {@code brgemm}, {@code dwconv}, {@code softmax}
 * @param tile {@code <MR>x<NR>[c<KR>]}, or empty
 */
public record KernelName(String types, String op, String tile, Isa isa) {

  public static KernelName of(String types, String op, Isa isa) {
    return new KernelName(types, op, "", isa);
  }

  public static KernelName of(String types, String op, int mr, int nr, Isa isa) {
    return new KernelName(types, op, mr + "x" + nr, isa);
  }

  @Override
  public String toString() {
    return types + "_" + op + (tile.isEmpty() ? "" : "_" + tile) + "__" + isa.id();
  }
}
