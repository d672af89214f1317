package dev.lathe.kernel.pack;

import dev.lathe.kernel.RhsView;
import java.lang.foreign.MemorySegment;

/** How the elements of a right operand without gaps lie in memory. */
enum RhsOrder {
  /** The columns are outermost, the taps innermost. */
  OIHW {
    @Override
    RhsView view(MemorySegment data, int taps, int k, int n) {
      return new RhsView(data, 0, taps, k, n, 1, taps, (long) taps * k);
    }
  },
  /** One row-major matrix per tap. */
  ROWS {
    @Override
    RhsView view(MemorySegment data, int taps, int k, int n) {
      return new RhsView(data, 0, taps, k, n, (long) k * n, n, 1);
    }
  };

  abstract RhsView view(MemorySegment data, int taps, int k, int n);
}
