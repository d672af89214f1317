package dev.lathe.kernel;

import static dev.lathe.tensor.Tensor.I32;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The row offsets of a convolution for the dense products that sparse ones are compared with. */
final class WindowRows {

  private WindowRows() {}

  /** int32 [taps][pixels], in elements. */
  static MemorySegment of(Arena arena, SlabAxis height, SlabAxis width, int lhsStride) {
    int taps = height.kernel() * width.kernel();
    int pixels = height.out() * width.out();
    MemorySegment offsets = arena.allocate(4L * taps * pixels, 64);
    for (int t = 0; t < taps; t++) {
      for (int i = 0; i < pixels; i++) {
        int y = input(height, i / width.out(), t / width.kernel());
        int x = input(width, i % width.out(), t % width.kernel());
        boolean inside = y >= 0 && y < height.in() && x >= 0 && x < width.in();
        int offset = inside ? (y * width.in() + x) * lhsStride : GemmShape.PADDING;
        offsets.setAtIndex(I32, (long) t * pixels + i, offset);
      }
    }
    return offsets;
  }

  private static int input(SlabAxis axis, int out, int tap) {
    return out * axis.stride() - axis.pad() + tap * axis.dilation();
  }
}
