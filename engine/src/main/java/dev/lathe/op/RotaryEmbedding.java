package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.op.AttentionShape.Operand;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * RotaryEmbedding of ONNX (opset 23) and of com.microsoft, float32: turns pairs of a head's first R
 * elements by the angle of their position; the rest passes through.
 *
 * <pre>
 * X [B,S,H*D] or [B,H,S,D]
 * onnx       (X, cos, sin, positions [B,S]?)     cos, sin [P,R/2], without positions [B,S,R/2]
 * microsoft  (X, positions [B,S] or [1], cos, sin)                positions [1]: of the first row
 * pairs      (i, i + R/2), or interleaved (2i, 2i + 1)
 * </pre>
 */
final class RotaryEmbedding implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("RotaryEmbedding"), Microsoft.key("RotaryEmbedding"));
  }

  private static boolean isMicrosoft(Node node) {
    return node.domain().equals(Microsoft.DOMAIN);
  }

  private static int cosines(Node node) {
    return isMicrosoft(node) ? 2 : 1;
  }

  private static int positions(Node node) {
    return isMicrosoft(node) ? 1 : 3;
  }

  /** Extents, and how many elements of a head are turned. */
  private record Form(int batch, int heads, int rows, int width, int turned, boolean headsFirst) {

    static Form of(Inference inference) {
      Node node = inference.node();
      Shape x = inference.shape(0);
      long turned = node.intAttribute("rotary_embedding_dim", 0);
      long half = inference.shape(cosines(node)).dim(-1);
      if (x.rank() == 4) {
        long all = turned == 0 ? x.dim(3) : turned;
        return new Form(x.intDim(0), x.intDim(1), x.intDim(2), x.intDim(3), (int) all, true);
      }
      inference.requireRank(0, 3);
      long heads = node.intAttribute("num_heads", 0);
      if (heads == 0 && isMicrosoft(node) && turned == 0 && half > 0) {
        heads = x.dim(2) / (2 * half);
      }
      if (heads < 1 || x.dim(2) % heads != 0) {
        throw GraphErrors.invalid(node, "an input of " + x + " does not split in " + heads);
      }
      int width = (int) (x.dim(2) / heads);
      return new Form(
          x.intDim(0), (int) heads, x.intDim(1), width, turned == 0 ? width : (int) turned, false);
    }

    Operand operand(Slot slot) {
      return headsFirst
          ? Operand.headsFirst(slot, heads, rows, width)
          : Operand.rowsFirst(slot, heads, rows, width);
    }
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Checks.requireF32(inference, 0);
    int cosines = cosines(node);
    Checks.requireF32(inference, cosines);
    Checks.requireOperand(inference, cosines + 1, DType.FLOAT32, inference.shape(cosines));
    Form form = Form.of(inference);
    Shape table = inference.shape(cosines);
    boolean hasPositions = inference.has(positions(node));
    Shape perRow = Shape.of(form.batch, form.rows, form.turned / 2);
    boolean fits =
        hasPositions ? table.rank() == 2 && table.dim(1) == form.turned / 2 : table.equals(perRow);
    if (form.turned % 2 != 0 || form.turned > form.width || !fits) {
      throw GraphErrors.invalid(
          node, "a table of " + table + " for " + form.turned + " elements of " + form.width);
    }
    if (hasPositions) {
      checkPositions(inference, positions(node), form);
    }
    if (node.intAttribute("is_packed_batching", 0) != 0 || node.floatAttribute("scale", 1) != 1) {
      throw Checks.unsupported(node, "packed batching or a scale", "plain rotary embedding");
    }
    return Checks.one(DType.FLOAT32, inference.shape(0));
  }

  private static void checkPositions(Inference inference, int input, Form form) {
    Shape shape = inference.shape(input);
    boolean first = isMicrosoft(inference.node()) && shape.equals(Shape.of(1));
    if (inference.dtype(input) != DType.INT64
        || !(first || shape.equals(Shape.of(form.batch, form.rows)))) {
      throw GraphErrors.invalid(
          inference.node(),
          "positions are "
              + inference.dtype(input)
              + " "
              + shape
              + ", expected int64 "
              + Shape.of(form.batch, form.rows));
    }
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    Form form = Form.of(lowering.inference());
    int positions = positions(node);
    Angles angles =
        new Angles(
            lowering.input(cosines(node)),
            lowering.input(cosines(node) + 1),
            lowering.has(positions) ? Indices.of(lowering, positions) : null,
            form.rows,
            form.turned / 2);
    Operand src = form.operand(lowering.input(0));
    Operand dst = form.operand(lowering.output(0));
    int pairStep = node.intAttribute("interleaved", 0) != 0 ? 2 : 1;
    int partner = pairStep == 2 ? 1 : form.turned / 2;
    lowering.emit(
        RangeStep.units(
            "rotate",
            (long) form.batch * form.rows,
            2L * form.heads * form.width,
            (frame, from, to) -> {
              for (long unit = from; unit < to; unit++) {
                int b = (int) (unit / form.rows);
                int row = (int) (unit % form.rows);
                long angle = angles.row(frame, b, row);
                for (int head = 0; head < form.heads; head++) {
                  long x = src.at(b, head) + row * src.rowStride();
                  long y = dst.at(b, head) + row * dst.rowStride();
                  turn(frame, angles, angle, src.slot(), x, dst.slot(), y, pairStep, partner);
                  MemorySegment.copy(
                      frame.segment(src.slot()),
                      frame.at(src.slot()) + 4 * (x + form.turned),
                      frame.segment(dst.slot()),
                      frame.at(dst.slot()) + 4 * (y + form.turned),
                      4L * (form.width - form.turned));
                }
              }
            }));
  }

  private static void turn(
      Frame frame,
      Angles angles,
      long angle,
      Slot src,
      long x,
      Slot dst,
      long y,
      int pairStep,
      int partner) {
    MemorySegment from = frame.segment(src);
    MemorySegment to = frame.segment(dst);
    for (int i = 0; i < angles.half; i++) {
      long first = (long) i * pairStep;
      float a = from.get(Tensor.F32, frame.at(src) + 4 * (x + first));
      float b = from.get(Tensor.F32, frame.at(src) + 4 * (x + first + partner));
      float cos = Angles.get(frame, angles.cosines, angle + i);
      float sin = Angles.get(frame, angles.sines, angle + i);
      to.set(Tensor.F32, frame.at(dst) + 4 * (y + first), a * cos - b * sin);
      to.set(Tensor.F32, frame.at(dst) + 4 * (y + first + partner), a * sin + b * cos);
    }
  }

  /** Tables of cosines and sines, and which row of them a position has. */
  private record Angles(Slot cosines, Slot sines, @Nullable Indices positions, int rows, int half) {

    /** Element at which the angles of a row begin. */
    long row(Frame frame, int b, int row) {
      if (positions == null) {
        return ((long) b * rows + row) * half;
      }
      boolean perRow = positions.slot().fact().shape().rank() == 2;
      long at = perRow ? (long) b * rows + row : 0;
      long count = cosines.fact().shape().dim(0);
      long position = positions.at(frame, at, count);
      long last = position + (perRow ? 0 : row);
      return Indices.resolved(last, count, positions.place()) * half;
    }

    static float get(Frame frame, Slot table, long index) {
      return frame.segment(table).get(Tensor.F32, frame.at(table) + 4 * index);
    }
  }
}
