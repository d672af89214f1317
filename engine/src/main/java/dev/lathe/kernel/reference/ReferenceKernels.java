package dev.lathe.kernel.reference;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.AddU8;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.DepthwiseF32;
import dev.lathe.kernel.DepthwiseU8S8;
import dev.lathe.kernel.FmaProbeF32;
import dev.lathe.kernel.GemmB1;
import dev.lathe.kernel.GemmBf16;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmF32Levels;
import dev.lathe.kernel.GemmS8Levels;
import dev.lathe.kernel.GemmU8S8;
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

/** The plain kernels: the oracle every fast kernel is tested against, and the last resort. */
public final class ReferenceKernels {

  private static final List<KernelEntry<?>> ALL =
      List.of(
          new KernelEntry<>(UnaryF32.class, Isa.SCALAR, ReferenceUnaryF32::new),
          new KernelEntry<>(BinaryF32.class, Isa.SCALAR, ReferenceBinaryF32::new),
          new KernelEntry<>(RowsF32.class, Isa.SCALAR, ReferenceRowsF32::new),
          new KernelEntry<>(PoolF32.class, Isa.SCALAR, ReferencePoolF32::new),
          new KernelEntry<>(GemmF32.class, Isa.SCALAR, ReferenceGemmF32::new),
          new KernelEntry<>(GemmB1.class, Isa.SCALAR, ReferenceGemmB1::new),
          new KernelEntry<>(SignsF32.class, Isa.SCALAR, ReferenceSignsF32::new),
          new KernelEntry<>(GemmBf16.class, Isa.SCALAR, ReferenceGemmBf16::new),
          new KernelEntry<>(SpmmF32.class, Isa.SCALAR, ReferenceSpmmF32::new),
          new KernelEntry<>(SpmmU8S8.class, Isa.SCALAR, ReferenceSpmmU8S8::new),
          levels(2),
          levels(4),
          levels(8),
          roundedLevels(2),
          roundedLevels(4),
          new KernelEntry<>(DepthwiseF32.class, Isa.SCALAR, ReferenceDepthwiseF32::new),
          new KernelEntry<>(GemmU8S8.class, Isa.SCALAR, ReferenceGemmU8S8::new),
          new KernelEntry<>(DepthwiseU8S8.class, Isa.SCALAR, ReferenceDepthwiseU8S8::new),
          new KernelEntry<>(PoolU8.class, Isa.SCALAR, ReferencePoolU8::new),
          new KernelEntry<>(QuantizeU8.class, Isa.SCALAR, ReferenceQuantizeU8::new),
          new KernelEntry<>(AddU8.class, Isa.SCALAR, ReferenceAddU8::new),
          new KernelEntry<>(SumsF32.class, Isa.SCALAR, ReferenceSumsF32::new),
          new KernelEntry<>(RangeF32.class, Isa.SCALAR, ReferenceRangeF32::new),
          new KernelEntry<>(FmaProbeF32.class, Isa.SCALAR, ReferenceFmaProbeF32::new),
          new KernelEntry<>(ReadProbe.class, Isa.SCALAR, ReferenceReadProbe::new));

  private ReferenceKernels() {}

  private static KernelEntry<GemmF32Levels> levels(int bits) {
    return new KernelEntry<>(
        GemmF32Levels.class, Isa.SCALAR, () -> new ReferenceGemmLevels.OfF32(bits));
  }

  private static KernelEntry<GemmS8Levels> roundedLevels(int bits) {
    return new KernelEntry<>(
        GemmS8Levels.class, Isa.SCALAR, () -> new ReferenceGemmLevels.OfS8(bits));
  }

  public static List<KernelEntry<?>> all() {
    return ALL;
  }
}
