package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Step;

/**
 * A step over {@code count} independent indices.
 *
 * @param grain ranges start at multiples of it
 * @param work size of the whole step in simple operations, which decides the number of parts
 */
record RangeStep(String kernel, long count, long grain, long work, Body body) implements Step {

  /** Elements of the common types that fill whole cache lines, whatever their size. */
  static final long CACHE_LINE_GRAIN = 64;

  /** The work on indices [from, to), never empty. Must not allocate. */
  @FunctionalInterface
  interface Body {
    void run(Frame frame, long from, long to);
  }

  /** One simple operation per element of a contiguous output. */
  static RangeStep elements(String kernel, long count, Body body) {
    return new RangeStep(kernel, count, CACHE_LINE_GRAIN, count, body);
  }

  /** Indices that each take {@code workEach} simple operations. */
  static RangeStep units(String kernel, long count, long workEach, Body body) {
    return new RangeStep(kernel, count, 1, count * Math.max(1, workEach), body);
  }

  @Override
  public int parts(int threads) {
    return Partition.parts(work, threads);
  }

  @Override
  public void run(Frame frame, int part, int parts) {
    long from = Partition.bound(count, grain, part, parts);
    long to = Partition.bound(count, grain, part + 1, parts);
    if (from < to) {
      body.run(frame, from, to);
    }
  }
}
