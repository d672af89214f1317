package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Where: elements of the second operand where the first is true, else of the third. */
final class Where implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Where"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    if (inference.dtype(0) != DType.BOOL) {
      throw GraphErrors.invalid(
          inference.node(), "the condition is " + inference.dtype(0) + ", expected bool");
    }
    Checks.requireSameType(inference, 1, 2);
    Checks.requireWholeBytes(inference, 1);
    Shape branches = Checks.broadcast(inference.node(), inference.shape(1), inference.shape(2));
    return Checks.one(
        inference.dtype(1), Checks.broadcast(inference.node(), inference.shape(0), branches));
  }

  @Override
  public void lower(Lowering lowering) {
    Choice choice = new Choice(lowering);
    long count = lowering.outputFact(0).shape().elements();
    lowering.emit(new RangeStep("where", count, RangeStep.CACHE_LINE_GRAIN, count, choice));
  }

  /** Elements [from, to) of the output, row by row of a nest over all operands. */
  private static final class Choice implements RangeStep.Body {
    private final Slot condition;
    private final Slot yes;
    private final Slot no;
    private final Slot dst;
    private final int bytes;
    private final Nest nest;

    Choice(Lowering lowering) {
      this.condition = lowering.input(0);
      this.yes = lowering.input(1);
      this.no = lowering.input(2);
      this.dst = lowering.output(0);
      this.bytes = Checks.requireWholeBytes(lowering.inference(), 1);
      this.nest =
          Nest.broadcast(
              dst.fact().shape(), condition.fact().shape(), yes.fact().shape(), no.fact().shape());
    }

    @Override
    public void run(Frame frame, long from, long to) {
      long inner = nest.inner();
      for (long at = from; at < to; ) {
        long row = at / inner;
        long skip = at - row * inner;
        long count = Math.min(inner - skip, to - at);
        long test = frame.at(condition) + nest.offset(1, row, 1) + skip * nest.innerStride(1);
        long left = frame.at(yes) + (nest.offset(2, row, 1) + skip * nest.innerStride(2)) * bytes;
        long right = frame.at(no) + (nest.offset(3, row, 1) + skip * nest.innerStride(3)) * bytes;
        long out = frame.at(dst) + at * bytes;
        if (bytes == 4) {
          words(frame, test, left, right, out, count);
        } else {
          elements(frame, test, left, right, out, count);
        }
        at += count;
      }
    }

    private void words(Frame frame, long test, long left, long right, long out, long count) {
      MemorySegment tests = frame.segment(condition);
      MemorySegment lefts = frame.segment(yes);
      MemorySegment rights = frame.segment(no);
      MemorySegment outs = frame.segment(dst);
      long testStep = nest.innerStride(1);
      long leftStep = nest.innerStride(2) * 4;
      long rightStep = nest.innerStride(3) * 4;
      for (long i = 0; i < count; i++) {
        int l = lefts.get(Tensor.I32, left + i * leftStep);
        int r = rights.get(Tensor.I32, right + i * rightStep);
        outs.set(Tensor.I32, out + i * 4, tests.get(Tensor.I8, test + i * testStep) != 0 ? l : r);
      }
    }

    private void elements(Frame frame, long test, long left, long right, long out, long count) {
      MemorySegment tests = frame.segment(condition);
      for (long i = 0; i < count; i++) {
        boolean chosen = tests.get(Tensor.I8, test + i * nest.innerStride(1)) != 0;
        long source =
            chosen
                ? left + i * nest.innerStride(2) * bytes
                : right + i * nest.innerStride(3) * bytes;
        MemorySegment in = frame.segment(chosen ? yes : no);
        Elements.move(bytes, in, source, frame.segment(dst), out + i * bytes);
      }
    }
  }
}
