package dev.lathe.op;

import static dev.lathe.tensor.Tensor.I32;
import static dev.lathe.tensor.Tensor.I64;

import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.SignsF32;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Gathers the signs that output pixels see into rows [groups][taps][words], the same words that one
 * tap after the other finds through the table of a {@link ConvRows}: neighbours are one copy, and
 * padding is neither negative nor nonzero.
 *
 * @param runs int32 pairs: first word in the image, or {@link GemmShape#PADDING}; number of words
 * @param starts number of the first run of each row and group, and one past the last
 * @param words of a tap
 * @param ones the last of them where no activation is 0; those before have all bits set
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record SignRows(
    MemorySegment runs, int[] starts, int rows, int groups, int rowWords, int words, int ones) {

  /** Whether some row has padding. */
  static boolean hasPadding(GemmShape shape) {
    for (int t = 0; t < shape.taps(); t++) {
      for (int i = 0; i < shape.m(); i++) {
        if (shape.rowOffset(t, i) < 0) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * The rows of one image.
   *
   * @param shape of one group, in words
   * @param k signs of a tap
   */
  static SignRows of(Lowering lowering, GemmShape shape, int groups, int k) {
    int words = shape.k();
    int rows = shape.m();
    int[] found = new int[2 * rows * groups * shape.taps()];
    int[] starts = new int[rows * groups + 1];
    int run = 0;
    for (int i = 0; i < rows; i++) {
      for (int group = 0; group < groups; group++) {
        int first = run;
        for (int t = 0; t < shape.taps(); t++) {
          long row = shape.rowOffset(t, i);
          int from = row < 0 ? GemmShape.PADDING : (int) row + group * words;
          boolean grows = run > first && continues(found, run - 1, from);
          if (!grows) {
            found[2 * run] = from;
            run++;
          }
          found[2 * run - 1] += words;
        }
        starts[i * groups + group + 1] = run;
      }
    }
    MemorySegment runs = lowering.allocate(8L * run);
    MemorySegment.copy(Arrays.copyOf(found, 2 * run), 0, runs, I32, 0, 2 * run);
    int ones = -1 >>> (words * SignsF32.WORD - k);
    int rowWords = groups * shape.taps() * words;
    return new SignRows(runs, starts, rows, groups, rowWords, words, ones);
  }

  private static boolean continues(int[] runs, int last, int from) {
    int before = runs[2 * last];
    return from < 0 ? before < 0 : before >= 0 && before + runs[2 * last + 1] == from;
  }

  /**
   * Emits the gathering of all images.
   *
   * @param srcStep bytes between the planes of the source; 0 when it has no plane of nonzeros
   * @param imageWords of a plane of one image
   * @param dstStep likewise of the result
   */
  void emit(
      Lowering lowering,
      Slot src,
      long srcStep,
      long imageWords,
      int images,
      Slot dst,
      long dstStep) {
    long count = (long) images * rows;
    lowering.emit(
        RangeStep.units(
            "gather signs",
            count,
            rowWords,
            (frame, from, to) -> {
              for (long row = from; row < to; row++) {
                long srcAt = 4 * (row / rows * imageWords);
                long dstAt = 4 * row * rowWords;
                int i = (int) (row % rows);
                gather(frame, src, srcAt, i, dst, dstAt);
                if (dstStep != 0) {
                  gather(frame, src, srcStep == 0 ? -1 : srcAt + srcStep, i, dst, dstAt + dstStep);
                }
              }
            }));
  }

  /** One row of a plane; a negative {@code srcAt} means that no activation is 0. */
  private void gather(Frame frame, Slot src, long srcAt, int i, Slot dst, long dstAt) {
    MemorySegment from = frame.segment(src);
    MemorySegment to = frame.segment(dst);
    long out = frame.at(dst) + dstAt;
    long base = frame.at(src) + srcAt;
    for (int run = starts[i * groups]; run < starts[(i + 1) * groups]; run++) {
      int first = runs.get(I32, 8L * run);
      int length = runs.get(I32, 8L * run + 4);
      if (first < 0) {
        fill(to, out, length, 0);
      } else if (srcAt < 0) {
        fill(to, out, length, -1);
        for (int last = words - 1; ones != -1 && last < length; last += words) {
          to.set(I32, out + 4L * last, ones);
        }
      } else {
        copy(from, base + 4L * first, to, out, length);
      }
      out += 4L * length;
    }
  }

  private static void copy(MemorySegment from, long at, MemorySegment to, long out, int words) {
    int word = 0;
    for (; word < words - 1; word += 2) {
      to.set(I64, out + 4L * word, from.get(I64, at + 4L * word));
    }
    if (word < words) {
      to.set(I32, out + 4L * word, from.get(I32, at + 4L * word));
    }
  }

  private static void fill(MemorySegment to, long out, int words, int value) {
    for (int word = 0; word < words; word++) {
      to.set(I32, out + 4L * word, value);
    }
  }
}
