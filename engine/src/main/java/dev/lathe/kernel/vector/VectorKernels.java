package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.AddU8;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.DepthwiseF32;
import dev.lathe.kernel.DepthwiseU8S8;
import dev.lathe.kernel.FmaProbeF32;
import dev.lathe.kernel.GemmB1;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmF32Levels;
import dev.lathe.kernel.GemmS8Levels;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.Kernel;
import dev.lathe.kernel.KernelEntry;
import dev.lathe.kernel.PoolF32;
import dev.lathe.kernel.PoolU8;
import dev.lathe.kernel.QuantizeU8;
import dev.lathe.kernel.RangeF32;
import dev.lathe.kernel.ReadProbe;
import dev.lathe.kernel.RowsF32;
import dev.lathe.kernel.SignsF32;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.kernel.SumsF32;
import dev.lathe.kernel.UnaryF32;
import java.util.List;
import java.util.stream.Stream;
import jdk.incubator.vector.VectorShape;

/**
 * The kernels written with the Vector API, best first. Touch only when module jdk.incubator.vector
 * is resolved.
 */
public final class VectorKernels {

  /**
   * Every kernel of this package; of two with one contract the first that accepts the problem is
   * taken.
   */
  private static final List<Template<?>> TEMPLATES =
      List.of(
          new Template<>(UnaryF32.class, VectorUnaryF32.class),
          new Template<>(BinaryF32.class, VectorBinaryF32.class),
          new Template<>(RowsF32.class, VectorRowsF32.class),
          new Template<>(PoolF32.class, VectorPoolF32.class),
          new Template<>(GemmF32.class, VectorGemmF32.class),
          new Template<>(GemmB1.class, VectorGemmB1.class),
          new Template<>(SignsF32.class, VectorSignsF32.class),
          new Template<>(DepthwiseF32.class, VectorDepthwiseF32.class),
          new Template<>(GemmU8S8.class, VectorGemmU8S8.class),
          new Template<>(GemmU8S8.class, VectorGemvU8S8.class),
          new Template<>(DepthwiseU8S8.class, VectorDepthwiseU8S8.class),
          new Template<>(PoolU8.class, VectorPoolU8.class),
          new Template<>(QuantizeU8.class, VectorQuantizeU8.class),
          new Template<>(AddU8.class, VectorAddU8.class),
          new Template<>(SumsF32.class, VectorSumsF32.class),
          new Template<>(RangeF32.class, VectorRangeF32.class),
          new Template<>(FmaProbeF32.class, VectorFmaProbeF32.class),
          new Template<>(ReadProbe.class, VectorReadProbe.class));

  /** A kernel class that {@link Specialization} makes a class per tier of. */
  private record Template<K extends Kernel>(Class<K> contract, Class<? extends K> template) {

    KernelEntry<K> on(Isa isa) {
      return new KernelEntry<>(contract, isa, () -> Specialization.of(template, isa));
    }
  }

  private VectorKernels() {}

  /** Width in bits of the vectors this JVM prefers, at most 512. */
  public static int preferredBits() {
    return Math.min(512, VectorShape.preferredShape().vectorBitSize());
  }

  /** Every kernel on every tier, wide vectors first. */
  public static List<KernelEntry<?>> all() {
    return Stream.of(Isa.VECTOR512, Isa.VECTOR256, Isa.VECTOR128)
        .<KernelEntry<?>>flatMap(
            isa ->
                Stream.concat(
                    TEMPLATES.stream().map(template -> template.on(isa)), loops(isa).stream()))
        .toList();
  }

  /** Loops in plain Java round templates. */
  private static List<KernelEntry<?>> loops(Isa isa) {
    return List.of(
        new KernelEntry<>(SpmmF32.class, isa, () -> new VectorSpmmF32(isa, 1)),
        new KernelEntry<>(SpmmF32.class, isa, () -> new VectorSpmmF32(isa, 4)),
        new KernelEntry<>(SpmmU8S8.class, isa, () -> new VectorSpmmU8S8(isa, 1)),
        new KernelEntry<>(SpmmU8S8.class, isa, () -> new VectorSpmmU8S8(isa, 4)),
        levels(isa, LevelBits.TWO),
        levels(isa, LevelBits.FOUR),
        levels(isa, LevelBits.EIGHT),
        roundedLevels(isa, LevelBits.TWO),
        roundedLevels(isa, LevelBits.FOUR));
  }

  private static KernelEntry<GemmF32Levels> levels(Isa isa, LevelBits bits) {
    return new KernelEntry<>(GemmF32Levels.class, isa, () -> new VectorGemmLevels.OfF32(isa, bits));
  }

  private static KernelEntry<GemmS8Levels> roundedLevels(Isa isa, LevelBits bits) {
    return new KernelEntry<>(GemmS8Levels.class, isa, () -> new VectorGemmLevels.OfS8(isa, bits));
  }
}
