package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.Shape;
import java.util.List;

/** DepthToSpace (modes DCR and CRD) and SpaceToDepth: transposes of blocks. */
final class DepthToSpace implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("DepthToSpace"), Key.onnx("SpaceToDepth"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    inference.requireRank(0, 4);
    Checks.requireWholeBytes(inference, 0);
    long block = Checks.requireInt(node, "blocksize");
    String mode = node.textAttribute("mode", "DCR");
    if (!mode.equals("DCR") && !mode.equals("CRD")) {
      throw GraphErrors.invalid(node, "attribute 'mode' is '" + mode + "', expected DCR or CRD");
    }
    Shape shape = inference.shape(0);
    boolean toSpace = node.opType().equals("DepthToSpace");
    boolean fits =
        block > 0
            && (toSpace
                ? shape.dim(1) % (block * block) == 0
                : shape.dim(2) % block == 0 && shape.dim(3) % block == 0);
    if (!fits) {
      throw GraphErrors.invalid(node, "blocksize " + block + " does not divide " + shape);
    }
    Shape output =
        toSpace
            ? Shape.of(
                shape.dim(0),
                shape.dim(1) / (block * block),
                shape.dim(2) * block,
                shape.dim(3) * block)
            : Shape.of(
                shape.dim(0),
                shape.dim(1) * block * block,
                shape.dim(2) / block,
                shape.dim(3) / block);
    return Checks.one(inference.dtype(0), output);
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    boolean toSpace = node.opType().equals("DepthToSpace");
    Shape deep = toSpace ? lowering.fact(0).shape() : lowering.outputFact(0).shape();
    Shape wide = toSpace ? lowering.outputFact(0).shape() : lowering.fact(0).shape();
    long block = node.intAttribute("blocksize", 1);
    boolean depthFirst = toSpace && node.textAttribute("mode", "DCR").equals("CRD");
    long[] d = deep.strides();
    long[] w = wide.strides();
    long channels = wide.dim(1);
    // Axes: image, block row, block column, channel, row, column.
    long[] extents = {deep.dim(0), block, block, channels, deep.dim(2), deep.dim(3)};
    long[] deepStrides =
        depthFirst
            ? new long[] {d[0], block * d[1], d[1], block * block * d[1], d[2], d[3]}
            : new long[] {d[0], block * channels * d[1], channels * d[1], d[1], d[2], d[3]};
    long[] wideStrides = {w[0], w[2], w[3], w[1], block * w[2], block * w[3]};
    StridedCopy.emit(
        lowering,
        toSpace ? "depthtospace" : "spacetodepth",
        Checks.requireWholeBytes(lowering.inference(), 0),
        extents,
        lowering.input(0),
        0,
        toSpace ? deepStrides : wideStrides,
        lowering.output(0),
        0,
        toSpace ? wideStrides : deepStrides);
  }
}
