package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * Pad: operands are attributes before opset 11, inputs since; negative pads crop. Modes constant,
 * reflect, edge and wrap.
 */
final class Pad implements Operator {

  private static final List<String> MODES = List.of("constant", "reflect", "edge", "wrap");

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Pad"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    if (Checks.requireWholeBytes(inference, 0) > 8) {
      throw Checks.unsupported(node, "input 0 is " + inference.dtype(0), "types of 8 to 64 bits");
    }
    if (!MODES.contains(mode(node))) {
      throw Checks.unsupported(node, "mode is '" + mode(node) + "'", String.join(", ", MODES));
    }
    if (inference.has(2)) {
      Checks.requireSameType(inference, 0, 2);
      inference.requireValue(2, "the padding value");
    }
    Shape shape = inference.shape(0);
    long[] pads = pads(inference);
    long[] dims = shape.dims();
    for (int axis = 0; axis < dims.length; axis++) {
      long before = pads[axis];
      long after = pads[dims.length + axis];
      if (dims[axis] == 0 && before + after != 0 && !mode(node).equals("constant")) {
        throw GraphErrors.invalid(node, "axis " + axis + " of " + shape + " has nothing to repeat");
      }
      dims[axis] += before + after;
    }
    return Checks.one(inference.dtype(0), Shape.of(dims));
  }

  private static String mode(Node node) {
    return node.textAttribute("mode", "constant");
  }

  /** Pads of every axis: all before, then all after. */
  private static long[] pads(Inference inference) {
    Node node = inference.node();
    int rank = inference.shape(0).rank();
    String key = inference.opset() < 2 ? "paddings" : "pads";
    long[] given = Axes.requireList(inference, key, 1);
    long[] axes = Axes.list(inference, "axes", 3);
    int count = axes == null ? rank : axes.length;
    if (given.length != 2 * count) {
      throw GraphErrors.invalid(
          node, "pads has " + given.length + " entries, expected " + 2 * count);
    }
    if (axes == null) {
      return given;
    }
    long[] pads = new long[2 * rank];
    int[] positions = Axes.of(node, axes, rank);
    for (int i = 0; i < count; i++) {
      pads[positions[i]] = given[i];
      pads[rank + positions[i]] = given[count + i];
    }
    return pads;
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    long[] pads = pads(lowering.inference());
    if (Arrays.stream(pads).allMatch(pad -> pad == 0)) {
      lowering.alias(0, 0);
    } else if (mode(lowering.node()).equals("constant")) {
      constant(lowering, pads, paddingBits(lowering));
    } else {
      mapped(lowering, shape, lowering.outputFact(0).shape(), pads);
    }
  }

  /**
   * Fills everything, then copies what remains of the input.
   *
   * @param pads of every axis: all before, then all after; negative ones crop
   * @param value bits of the padding
   */
  static void constant(Lowering lowering, long[] pads, long value) {
    Shape shape = lowering.fact(0).shape();
    Shape output = lowering.outputFact(0).shape();
    int bytes = Checks.requireWholeBytes(lowering.inference(), 0);
    Fill.emit(lowering, lowering.output(0), 0, output.elements(), bytes, value);
    long[] kept = new long[shape.rank()];
    long src = 0;
    long dst = 0;
    for (int axis = 0; axis < kept.length; axis++) {
      long before = pads[axis];
      long after = pads[kept.length + axis];
      kept[axis] = Math.max(0, shape.dim(axis) + Math.min(0, before) + Math.min(0, after));
      src += Math.max(0, -before) * shape.strides()[axis];
      dst += Math.max(0, before) * output.strides()[axis];
    }
    StridedCopy.emit(
        lowering,
        "pad",
        bytes,
        kept,
        lowering.input(0),
        src,
        shape.strides(),
        lowering.output(0),
        dst,
        output.strides());
  }

  private static long paddingBits(Lowering lowering) {
    Tensor given = lowering.constant(2);
    if (given != null) {
      return Fill.bits(given);
    }
    float value = lowering.node().floatAttribute("value", 0);
    MemorySegment bits = MemorySegment.ofArray(new byte[8]);
    if (value != 0) {
      Elements.putDouble(lowering.fact(0).dtype(), bits, 0, 0, value);
    }
    return bits.get(Tensor.I64, 0);
  }

  /** Every output row takes its elements from one input row, both by tables of indices. */
  private static void mapped(Lowering lowering, Shape shape, Shape output, long[] pads) {
    int rank = shape.rank();
    int bytes = Checks.requireWholeBytes(lowering.inference(), 0);
    long[][] maps = new long[rank][];
    for (int axis = 0; axis < rank; axis++) {
      maps[axis] = new long[output.intDim(axis)];
      for (int i = 0; i < maps[axis].length; i++) {
        long source = source(mode(lowering.node()), i - pads[axis], shape.dim(axis));
        maps[axis][i] = source * shape.strides()[axis] * bytes;
      }
    }
    IndexedCopy.emit(lowering, "pad", bytes, lowering.input(0), maps, lowering.output(0));
  }

  /**
   * The input index that an index outside [0, extent) stands for. Reflection does not repeat the
   * edge, so that its period is twice the extent less two.
   */
  private static long source(String mode, long index, long extent) {
    long period = Math.max(1, 2 * (extent - 1));
    return switch (mode) {
      case "edge" -> Math.clamp(index, 0, extent - 1);
      case "wrap" -> Math.floorMod(index, extent);
      default -> Math.min(Math.floorMod(index, period), Math.floorMod(-index, period));
    };
  }
}
