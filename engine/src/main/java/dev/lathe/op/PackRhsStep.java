package dev.lathe.op;

import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import dev.lathe.plan.Step;

/** Packs row-major right operands that are known only in the run, one matrix after the other. */
record PackRhsStep(
    PackedLayout layout, Slot src, Slot dst, int matrices, int k, int n, long packedBytes)
    implements Step {

  @Override
  public int parts(int threads) {
    return Math.clamp(matrices, 1, threads);
  }

  @Override
  public void run(Frame frame, int part, int parts) {
    int end = (int) ((long) matrices * (part + 1) / parts);
    for (int i = (int) ((long) matrices * part / parts); i < end; i++) {
      long base = frame.at(src) / 4 + (long) i * k * n;
      RhsView view = new RhsView(frame.segment(src), base, 1, k, n, 0, n, 1);
      layout.pack(view, frame.segment(dst).asSlice(frame.at(dst) + i * packedBytes, packedBytes));
    }
  }

  @Override
  public String kernel() {
    return "pack " + layout.name();
  }
}
