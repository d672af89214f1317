package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.plan.Step;
import dev.lathe.tensor.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Transforms lines of a tensor whose last axis holds real numbers (extent 1) or complex ones (2).
 *
 * @param window factors for the elements of a line, or null
 * @param halved inverse only: lines hold the first half of the spectrum of a real signal
 */
record FourierStep(
    Fourier fourier,
    boolean inverse,
    boolean halved,
    Lines input,
    Slot src,
    @Nullable Slot window,
    Lines output,
    Slot dst,
    Slot work,
    int threads)
    implements Step {

  /**
   * Where lines lie: line l starts at number {@code l / group * major + l % group * minor}.
   *
   * @param count lines
   * @param length numbers in a line
   * @param stride between them
   * @param parts 1 for real, 2 for complex numbers
   */
  record Lines(long count, long group, long major, long minor, int length, long stride, int parts) {

    private long at(long line, long index) {
      return (line / group * major + line % group * minor + index * stride) * parts;
    }
  }

  /** The step with its working memory. */
  static FourierStep of(
      Lowering lowering,
      int points,
      boolean inverse,
      boolean halved,
      Lines input,
      @Nullable Slot window,
      Lines output) {
    Fourier fourier = new Fourier(points);
    Slot work = lowering.scratch(fourier.bytes() * lowering.threads());
    return new FourierStep(
        fourier,
        inverse,
        halved,
        input,
        lowering.input(0),
        window,
        output,
        lowering.output(0),
        work,
        lowering.threads());
  }

  @Override
  public int parts(int available) {
    long work = input.count() * fourier.bytes();
    return Partition.parts(work, Math.min(available, threads));
  }

  @Override
  public String kernel() {
    return "fourier";
  }

  @Override
  public void run(Frame frame, int part, int parts) {
    long from = Partition.bound(input.count(), 1, part, parts);
    long to = Partition.bound(input.count(), 1, part + 1, parts);
    MemorySegment area = frame.segment(work);
    long at = frame.at(work) + part * fourier.bytes();
    for (long line = from; line < to; line++) {
      for (int k = 0; k < fourier.points(); k++) {
        load(frame, line, k, area, at);
      }
      fourier.transform(area, at);
      for (int k = 0; k < output.length(); k++) {
        store(frame, line, k, area, at);
      }
    }
  }

  /** Conjugates before an inverse transform; what lies beyond the line is zero. */
  private void load(Frame frame, long line, int k, MemorySegment area, long at) {
    boolean mirrored = halved && k > fourier.points() / 2;
    int index = mirrored ? fourier.points() - k : k;
    if (index >= input.length()) {
      Fourier.set(area, at, k, 0, 0);
      return;
    }
    DType type = src.fact().dtype();
    long element = input.at(line, index);
    double re = Elements.getDouble(type, frame.segment(src), frame.at(src), element);
    double im =
        input.parts() == 1
            ? 0
            : Elements.getDouble(type, frame.segment(src), frame.at(src), element + 1);
    double factor =
        window == null
            ? 1
            : Elements.getDouble(
                window.fact().dtype(), frame.segment(window), frame.at(window), index);
    Fourier.set(area, at, k, re * factor, inverse != mirrored ? -im * factor : im * factor);
  }

  private void store(Frame frame, long line, int k, MemorySegment area, long at) {
    DType type = dst.fact().dtype();
    double factor = inverse ? 1.0 / fourier.points() : 1;
    long element = output.at(line, k);
    double re = Fourier.re(area, at, k) * factor;
    Elements.putDouble(type, frame.segment(dst), frame.at(dst), element, re);
    if (output.parts() == 2) {
      double im = Fourier.im(area, at, k) * factor;
      Elements.putDouble(type, frame.segment(dst), frame.at(dst), element + 1, inverse ? -im : im);
    }
  }
}
