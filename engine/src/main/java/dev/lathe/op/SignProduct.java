package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmB1;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SignRule;
import dev.lathe.kernel.SignsF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * What {@link BinaryConv} and {@link BinaryMatMul} share: activations {@code scale * sign(x)} by
 * the attributes {@code threshold}, {@code signs} (of what is below, equal, above and NaN) and
 * {@code scale}; weights that are {@code -a} and {@code a} per output channel.
 */
final class SignProduct {

  /** Input of the residual addend. */
  static final int ADDEND = 3;

  private final Lowering lowering;
  private final SignRule rule;
  private final GemmB1 kernel;
  private final Tensor weights;

  SignProduct(Lowering lowering) {
    this.lowering = lowering;
    this.rule = rule(lowering.node());
    this.kernel = lowering.kernels().pick(GemmB1.class);
    this.weights = lowering.inference().requireValue(1, "weights");
  }

  private static SignRule rule(Node node) {
    long[] signs = node.intsAttribute("signs");
    if (signs == null || signs.length != 4 || LongStream.of(signs).anyMatch(s -> s < -1 || s > 1)) {
      throw GraphErrors.invalid(node, "attribute 'signs' must be four of -1, 0 and 1");
    }
    float threshold = node.floatAttribute("threshold", 0);
    if (Float.isNaN(threshold)) {
      throw GraphErrors.invalid(node, "attribute 'threshold' is NaN");
    }
    return new SignRule(threshold, (int) signs[0], (int) signs[1], (int) signs[2], (int) signs[3]);
  }

  /** Signs in memory: the plane of negatives, and {@code nonzeroStep} bytes further the other. */
  record Planes(Slot slot, long nonzeroStep) {}

  /** Emits the packing of {@code rows} rows of k numbers of input 0. */
  Planes pack(long rows, int k) {
    SignsF32 signs = lowering.kernels().pick(SignsF32.class);
    int words = SignsF32.words(k);
    long plane = Math.ceilDiv(4 * rows * words, 64L) * 64;
    long step = rule.hasZeros() ? plane : 0;
    Slot src = lowering.input(0);
    Slot dst = lowering.scratch(plane + step);
    lowering.emit(
        RangeStep.units(
            signs.name().toString(),
            rows,
            k,
            (frame, from, to) ->
                signs.run(
                    rule,
                    frame.segment(src),
                    frame.at(src) + 4 * from * k,
                    k,
                    frame.segment(dst),
                    frame.at(dst) + 4 * from * words,
                    step,
                    to - from)));
    return new Planes(dst, step);
  }

  /** Gathers the rows of a convolution's output pixels, of all images. */
  Planes gather(Planes planes, ConvForm form, ConvRows rows) {
    GemmShape words = rows.shape();
    SignRows gather = SignRows.of(lowering, words, form.groups(), form.groupChannels());
    long plane = Math.ceilDiv(4L * form.batch() * gather.rows() * gather.rowWords(), 64L) * 64;
    boolean zeros = planes.nonzeroStep != 0 || SignRows.hasPadding(words);
    long step = zeros ? plane : 0;
    Slot dst = lowering.scratch(plane + step);
    gather.emit(
        lowering, planes.slot, planes.nonzeroStep, rows.imageElements(), form.batch(), dst, step);
    return new Planes(dst, step);
  }

  /**
   * Emits the product.
   *
   * @param shape of one group, its stride and taps in words
   * @param views the weights of the groups
   */
  void emit(GemmShape shape, Planes planes, List<RhsView> views) {
    int n = shape.n();
    Tensor bias = lowering.has(2) ? lowering.inference().requireValue(2, "bias") : null;
    Slot addend = lowering.has(ADDEND) ? lowering.input(ADDEND) : null;
    List<GemmB1Step.Group> groups = new ArrayList<>();
    for (int group = 0; group < views.size(); group++) {
      RhsView view = views.get(group);
      FloatEpilogue epilogue =
          Operands.epilogue(lowering, bias, group * n, n, addend == null ? 0 : shape.dstStride());
      String key = lowering.node().input(1) + "#signs" + view.kStride() + "/" + group;
      groups.add(
          new GemmB1Step.Group(
              lowering.packed(key, kernel.rhsLayout(), () -> view), scales(view), epilogue));
    }
    lowering.emit(
        new GemmB1Step(
            kernel,
            shape,
            groups,
            new GemmB1Step.Operands(planes.slot, planes.nonzeroStep, addend),
            new FloatGemmStep.Results(
                lowering.output(0), 0, n, shape.dstStride(), FusedActivation.of(lowering))));
  }

  /** The weights' magnitude per column times that of the activations. */
  private MemorySegment scales(RhsView view) {
    float scale = lowering.node().floatAttribute("scale", 1);
    MemorySegment scales =
        lowering.allocate(4L * Math.ceilDiv(view.n(), GemmB1.SCALES) * GemmB1.SCALES);
    for (int n = 0; n < view.n(); n++) {
      float weight = Math.abs(view.data().get(Tensor.F32, 4 * view.index(0, 0, n)));
      scales.setAtIndex(Tensor.F32, n, weight * scale);
    }
    return scales;
  }

  Tensor weights() {
    return weights;
  }

  /** Checks the operands of either operator. */
  static void check(Inference inference, int channels) {
    Checks.requireF32(inference, 0);
    Checks.requireF32(inference, 1);
    inference.requireValue(1, "weights");
    rule(inference.node());
    if (inference.has(2)) {
      long elements = inference.requireValue(2, "bias").elements();
      if (elements != channels) {
        throw GraphErrors.invalid(
            inference.node(), "bias has " + elements + " elements for " + channels + " channels");
      }
    }
  }
}
