package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * Col2Im: sums the columns that sliding blocks would make of an image back into the image.
 *
 * <pre>
 * x [N, C * prod(block), L] -> [N, C, image...],  L = the number of block positions
 * </pre>
 *
 * Every pixel gathers what the blocks over it hold: floats are summed in double, integers in long.
 */
final class Col2Im implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Col2Im"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireArithmetic(inference, 0);
    inference.requireRank(0, 3);
    Blocks blocks = new Blocks(inference);
    Shape shape = inference.shape(0);
    long block = Shape.of(blocks.block).elements();
    long positions = Shape.of(blocks.positions).elements();
    if (block == 0 || shape.dim(1) % block != 0 || shape.dim(2) != positions) {
      throw GraphErrors.invalid(
          inference.node(),
          "the input is " + shape + " for blocks of " + block + " at " + positions + " positions");
    }
    return Checks.one(
        inference.dtype(0),
        Gather.join(new long[] {shape.dim(0), shape.dim(1) / block}, blocks.image));
  }

  @Override
  public void lower(Lowering lowering) {
    Blocks blocks = new Blocks(lowering.inference());
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    long block = Shape.of(blocks.block).elements();
    long length = src.fact().shape().dim(2);
    long pixels = Shape.of(blocks.image).elements();
    lowering.emit(
        RangeStep.units(
            "col2im",
            dst.fact().shape().elements(),
            block * blocks.block.length * 8,
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                long plane = i / pixels;
                blocks.sum(frame, src, plane * block * length, length, i - plane * pixels, dst, i);
              }
            }));
  }

  /** Extents per spatial axis. */
  private static final class Blocks {
    private final long[] image;
    private final long[] block;
    private final long[] dilations;
    private final long[] pads;
    private final long[] strides;
    private final long[] positions;
    private final long blockElements;
    private final DType type;

    Blocks(Inference inference) {
      Node node = inference.node();
      this.image = inference.requireValue(1, "the image's shape").toLongs();
      this.block = inference.requireValue(2, "the block's shape").toLongs();
      int axes = image.length;
      this.dilations = attribute(node, "dilations", axes, 1);
      this.strides = attribute(node, "strides", axes, 1);
      this.pads = attribute(node, "pads", 2 * axes, 0);
      this.positions = new long[axes];
      this.blockElements = Arrays.stream(block).reduce(1, (a, b) -> a * b);
      this.type = inference.dtype(0);
      if (block.length != axes || Arrays.stream(strides).anyMatch(stride -> stride < 1)) {
        throw GraphErrors.invalid(node, "image, block and strides do not fit each other");
      }
      for (int axis = 0; axis < axes; axis++) {
        long padded = image[axis] + pads[axis] + pads[axes + axis];
        long span = dilations[axis] * (block[axis] - 1) + 1;
        positions[axis] = Math.floorDiv(padded - span, strides[axis]) + 1;
      }
    }

    private static long[] attribute(Node node, String key, int length, long fallback) {
      long[] values = node.intsAttribute(key);
      if (values == null) {
        values = new long[length];
        Arrays.fill(values, fallback);
      }
      if (values.length != length) {
        throw GraphErrors.invalid(
            node, "attribute '" + key + "' has " + values.length + " entries, expected " + length);
      }
      return values;
    }

    /** Stores the sum of what all blocks hold for one pixel. */
    void sum(Frame frame, Slot src, long start, long length, long pixel, Slot dst, long index) {
      double real = 0;
      long whole = 0;
      for (long offset = 0; offset < blockElements; offset++) {
        long position = position(pixel, offset);
        if (position >= 0) {
          long at = start + offset * length + position;
          if (type.isFloat()) {
            real += Elements.getDouble(type, frame.segment(src), frame.at(src), at);
          } else {
            whole += Elements.getLong(type, frame.segment(src), frame.at(src), at);
          }
        }
      }
      if (type.isFloat()) {
        Elements.putDouble(type, frame.segment(dst), frame.at(dst), index, real);
      } else {
        Elements.putLong(type, frame.segment(dst), frame.at(dst), index, whole);
      }
    }

    /** The block position that sees a pixel at an offset within the block, or -1. */
    private long position(long pixel, long offset) {
      long position = 0;
      long scale = 1;
      for (int axis = image.length - 1; axis >= 0; axis--) {
        long within = offset % block[axis] * dilations[axis];
        long start = pixel % image[axis] + pads[axis] - within;
        if (start < 0 || start % strides[axis] != 0 || start / strides[axis] >= positions[axis]) {
          return -1;
        }
        position += start / strides[axis] * scale;
        scale *= positions[axis];
        pixel /= image[axis];
        offset /= block[axis];
      }
      return position;
    }
  }
}
