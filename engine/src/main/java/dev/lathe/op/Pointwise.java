package dev.lathe.op;

import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.UnaryF32;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** Steps that apply the fp32 element-wise kernels. */
final class Pointwise {

  private Pointwise() {}

  /** Output 0 = function(input 0). */
  static void unary(Lowering lowering, UnaryF32.Function function, float a, float b) {
    lowering.mayOverwrite(0, 0);
    unary(lowering, function, a, b, lowering.input(0), lowering.output(0));
  }

  /** dst = function(src) over values of one shape, which may share their memory. */
  static void unary(
      Lowering lowering, UnaryF32.Function function, float a, float b, Slot src, Slot dst) {
    UnaryF32 kernel = lowering.kernels().pick(UnaryF32.class);
    long count = dst.fact().shape().elements();
    lowering.emit(
        new RangeStep(
            kernel.name().toString(),
            count,
            RangeStep.CACHE_LINE_GRAIN,
            count * cost(function) / 4,
            (frame, from, to) ->
                kernel.run(
                    function,
                    a,
                    b,
                    frame.segment(src),
                    frame.at(src) + from * 4,
                    frame.segment(dst),
                    frame.at(dst) + from * 4,
                    to - from)));
  }

  private static long cost(UnaryF32.Function function) {
    return switch (function) {
      case SIGMOID, SWISH, TANH, EXP, LOG, ERF, GELU, GELU_TANH, ELU, SOFTPLUS -> 8;
      default -> 1;
    };
  }

  /** dst = function(lhs, rhs), both broadcast to the shape of dst. */
  static void binary(Lowering lowering, BinaryF32.Function function, Slot lhs, Slot rhs, Slot dst) {
    binary(
        lowering,
        function,
        lhs,
        lhs.fact().shape(),
        rhs,
        rhs.fact().shape(),
        dst,
        dst.fact().shape());
  }

  /** The same, with other shapes for the same elements than the slots' own. */
  static void binary(
      Lowering lowering,
      BinaryF32.Function function,
      Slot lhs,
      Shape lhsShape,
      Slot rhs,
      Shape rhsShape,
      Slot dst,
      Shape dstShape) {
    BinaryF32 kernel = lowering.kernels().pick(BinaryF32.class);
    Nest nest = Nest.broadcast(dstShape, lhsShape, rhsShape);
    long count = dstShape.elements();
    long work = (function == BinaryF32.Function.POW ? count * 4 : count / 4) + nest.outer(1) * 8;
    lowering.emit(
        new RangeStep(
            kernel.name().toString(),
            count,
            RangeStep.CACHE_LINE_GRAIN,
            work,
            new BinaryBody(kernel, function, nest, lhs, rhs, dst)));
  }

  /** Walks the output in order, one kernel call per innermost run. */
  private record BinaryBody(
      BinaryF32 kernel, BinaryF32.Function function, Nest nest, Slot lhs, Slot rhs, Slot dst)
      implements RangeStep.Body {

    @Override
    public void run(Frame frame, long from, long to) {
      MemorySegment l = frame.segment(lhs);
      MemorySegment r = frame.segment(rhs);
      MemorySegment d = frame.segment(dst);
      int lhsStep = (int) nest.innerStride(1);
      int rhsStep = (int) nest.innerStride(2);
      long inner = nest.inner();
      long row = from / inner;
      long skip = from - row * inner;
      for (long at = from; at < to; row++, skip = 0) {
        long run = Math.min(inner - skip, to - at);
        kernel.run(
            function,
            l,
            frame.at(lhs) + (nest.offset(1, row, 1) + skip * lhsStep) * 4,
            lhsStep,
            r,
            frame.at(rhs) + (nest.offset(2, row, 1) + skip * rhsStep) * 4,
            rhsStep,
            d,
            frame.at(dst) + at * 4,
            run);
        at += run;
      }
    }
  }
}
