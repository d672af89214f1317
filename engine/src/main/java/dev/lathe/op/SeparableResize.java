package dev.lathe.op;

import dev.lathe.graph.Node;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Linear and cubic interpolation, one axis after the other, each from [outer, in, inner] to [outer,
 * out, inner] in scratch memory. float32 is computed in float32, all other types in float64 and
 * then rounded once; integers saturate, and drop the fraction unless antialiasing.
 */
final class SeparableResize {

  /** Absorbs rounding before a fraction is dropped, so that constant images stay constant. */
  private static final double SLACK = 1e-9;

  private SeparableResize() {}

  /** Emits the steps; at least one axis is not the identity. */
  static void emit(Lowering lowering, ResizeAxis[] axes) {
    DType type = lowering.fact(0).dtype();
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    if (type == DType.FLOAT32) {
      passes(lowering, axes, 4, src, dst);
      return;
    }
    Slot wide = lowering.scratch(src.fact().shape().elements() * 8);
    Slot result = lowering.scratch(dst.fact().shape().elements() * 8);
    lowering.emit(
        RangeStep.elements(
            "resize",
            src.fact().shape().elements(),
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                double x = Elements.getDouble(type, frame.segment(src), frame.at(src), i);
                frame.segment(wide).set(Tensor.F64, frame.at(wide) + 8 * i, x);
              }
            }));
    passes(lowering, axes, 8, wide, result);
    boolean rounds = lowering.node().intAttribute("antialias", 0) != 0;
    lowering.emit(
        RangeStep.elements(
            "resize",
            dst.fact().shape().elements(),
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                double y = frame.segment(result).get(Tensor.F64, frame.at(result) + 8 * i);
                double value = type.isFloat() ? y : integral(type, y, rounds);
                Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, value);
              }
            }));
  }

  private static double integral(DType type, double value, boolean rounds) {
    boolean unsigned =
        switch (type) {
          case UINT8, UINT16, UINT32, UINT64, BOOL -> true;
          default -> false;
        };
    double min = unsigned ? 0 : -Math.scalb(1.0, type.bits() - 1);
    double max = type == DType.BOOL ? 1 : min + Math.scalb(1.0, type.bits()) - 1;
    double whole = rounds ? Math.rint(value) : value + Math.copySign(SLACK, value);
    return Math.clamp(whole, min, max);
  }

  private static void passes(Lowering lowering, ResizeAxis[] axes, int bytes, Slot src, Slot dst) {
    Node node = lowering.node();
    List<Integer> changing = new ArrayList<>();
    for (int axis = 0; axis < axes.length; axis++) {
      if (!axes[axis].isIdentity()) {
        changing.add(axis);
      }
    }
    Shape shape = lowering.fact(0).shape();
    Slot from = src;
    for (int axis : changing) {
      Shape next = shape.with(axis, axes[axis].positions.length);
      boolean last = axis == changing.getLast();
      Slot to = last ? dst : lowering.scratch(next.elements() * bytes);
      ResizeFilter filter = ResizeFilter.of(node, axes[axis]);
      Pass pass =
          new Pass(filter, bytes, from, to, shape.dim(axis), shape.product(axis + 1, shape.rank()));
      long rows = next.product(0, axis + 1);
      lowering.emit(
          RangeStep.units("resize", rows, next.elements() / Math.max(1, rows) * filter.taps, pass));
      from = to;
      shape = next;
    }
  }

  /** One axis; a unit of work is one output index of it, [inner] elements. */
  private record Pass(ResizeFilter filter, int bytes, Slot src, Slot dst, long extent, long inner)
      implements RangeStep.Body {

    @Override
    public void run(Frame frame, long from, long to) {
      int taps = filter.taps;
      int count = filter.indices.length / taps;
      MemorySegment in = frame.segment(src);
      MemorySegment out = frame.segment(dst);
      for (long row = from; row < to; ) {
        long line = row / count;
        long end = Math.min(to, (line + 1) * count);
        long base = line * extent;
        int table = (int) (row - line * count) * taps;
        for (; row < end; row++, table += taps) {
          long d = frame.at(dst) + row * inner * bytes;
          if (bytes == 8) {
            row64(in, frame.at(src), base, out, d, table);
          } else if (taps == 2) {
            pair32(in, frame.at(src), base, out, d, table);
          } else {
            row32(in, frame.at(src), base, out, d, table);
          }
        }
      }
    }

    private void pair32(
        MemorySegment in, long at, long base, MemorySegment out, long d, int table) {
      long first = at + (base + filter.indices[table]) * inner * 4;
      long second = at + (base + filter.indices[table + 1]) * inner * 4;
      float a = (float) filter.weights[table];
      float b = (float) filter.weights[table + 1];
      for (long j = 0; j < inner * 4; j += 4) {
        float sum = a * in.get(Tensor.F32, first + j) + b * in.get(Tensor.F32, second + j);
        out.set(Tensor.F32, d + j, sum);
      }
    }

    private void row32(MemorySegment in, long at, long base, MemorySegment out, long d, int table) {
      for (long j = 0; j < inner; j++) {
        float sum = 0;
        for (int t = table; t < table + filter.taps; t++) {
          long s = at + ((base + filter.indices[t]) * inner + j) * 4;
          sum += (float) filter.weights[t] * in.get(Tensor.F32, s);
        }
        out.set(Tensor.F32, d + j * 4, sum);
      }
    }

    private void row64(MemorySegment in, long at, long base, MemorySegment out, long d, int table) {
      for (long j = 0; j < inner; j++) {
        double sum = 0;
        for (int t = table; t < table + filter.taps; t++) {
          long s = at + ((base + filter.indices[t]) * inner + j) * 8;
          sum += filter.weights[t] * in.get(Tensor.F64, s);
        }
        out.set(Tensor.F64, d + j * 8, sum);
      }
    }
  }
}
