package dev.lathe.op;

import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.plan.Step;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A packed fp32 right operand: made at planning time from a constant, else in the run. */
record PackedOperand(@Nullable MemorySegment constant, @Nullable Slot slot) {

  /**
   * Packs rows of an input as columns: B[kk][nn] lies at element {@code base + nn * k + kk}.
   *
   * @param base element of the input at which the matrix [n][k] begins
   */
  static PackedOperand transposed(
      Lowering lowering, GemmF32 kernel, int input, long base, int k, int n) {
    PackedLayout layout = kernel.rhsLayout();
    Tensor known = lowering.constant(input);
    if (known != null) {
      String key = lowering.node().input(input) + "#transposed " + base + " " + k + "x" + n;
      return new PackedOperand(
          lowering.packed(key, layout, () -> view(known.data(), base, k, n)), null);
    }
    Slot src = lowering.input(input);
    Slot dst = lowering.scratch(layout.bytes(1, k, n));
    lowering.emit(new Packing(layout, src, base, k, n, dst));
    return new PackedOperand(null, dst);
  }

  private static RhsView view(MemorySegment data, long base, int k, int n) {
    return new RhsView(data, base, 1, k, n, 0, 1, k);
  }

  MemorySegment segment(Frame frame) {
    return slot != null ? frame.segment(slot) : java.util.Objects.requireNonNull(constant);
  }

  long at(Frame frame) {
    return slot != null ? frame.at(slot) : 0;
  }

  private record Packing(PackedLayout layout, Slot src, long base, int k, int n, Slot dst)
      implements Step {

    @Override
    public int parts(int threads) {
      return 1;
    }

    @Override
    public void run(Frame frame, int part, int parts) {
      MemorySegment to = frame.segment(dst).asSlice(frame.at(dst), layout.bytes(1, k, n));
      layout.pack(view(frame.segment(src), frame.at(src) / 4 + base, k, n), to);
    }

    @Override
    public String kernel() {
      return "pack " + layout.name();
    }
  }
}
