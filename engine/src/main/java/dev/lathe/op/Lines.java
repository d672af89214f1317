package dev.lathe.op;

import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Copies lines of elements between two strides. Steps of one and three elements, those of packed
 * planes and RGB pixels, have loops of their own: only with constant steps does C2 take the bounds
 * checks out of them.
 */
final class Lines {

  private Lines() {}

  /** Copies {@code count} bytes that lie {@code inStep} and {@code outStep} bytes apart. */
  static void copyBytes(
      MemorySegment in, long s, long inStep, MemorySegment out, long d, long outStep, int count) {
    if (inStep == 1 && outStep == 3) {
      for (int i = 0; i < count; i++) {
        out.set(Tensor.I8, d + 3L * i, in.get(Tensor.I8, s + i));
      }
    } else if (inStep == 3 && outStep == 1) {
      for (int i = 0; i < count; i++) {
        out.set(Tensor.I8, d + i, in.get(Tensor.I8, s + 3L * i));
      }
    } else {
      for (int i = 0; i < count; i++) {
        out.set(Tensor.I8, d + i * outStep, in.get(Tensor.I8, s + i * inStep));
      }
    }
  }

  /** The same for elements of four bytes; steps in bytes. */
  static void copyWords(
      MemorySegment in, long s, long inStep, MemorySegment out, long d, long outStep, int count) {
    if (inStep == 4 && outStep == 12) {
      for (int i = 0; i < count; i++) {
        out.set(Tensor.I32, d + 12L * i, in.get(Tensor.I32, s + 4L * i));
      }
    } else if (inStep == 12 && outStep == 4) {
      for (int i = 0; i < count; i++) {
        out.set(Tensor.I32, d + 4L * i, in.get(Tensor.I32, s + 12L * i));
      }
    } else {
      for (int i = 0; i < count; i++) {
        out.set(Tensor.I32, d + i * outStep, in.get(Tensor.I32, s + i * inStep));
      }
    }
  }
}
