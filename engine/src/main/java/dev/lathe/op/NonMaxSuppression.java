package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * NonMaxSuppression: for every image and class, boxes in descending order of score (of equal scores
 * the lower box first), without those that overlap a chosen one by more than a threshold.
 *
 * <pre>
 * boxes [images, boxes, 4], scores [images, classes, boxes] -> int64 [chosen, 3]: image, class, box
 * </pre>
 *
 * The contents decide the shape, so inference computes the result. Areas are computed in fp32, in
 * corner coordinates, as the operator's reference does.
 */
final class NonMaxSuppression implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("NonMaxSuppression"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Checks.requireF32(inference, 0);
    Checks.requireF32(inference, 1);
    Shape boxes = inference.shape(0);
    Shape scores = inference.shape(1);
    if (boxes.rank() != 3
        || boxes.dim(2) != 4
        || scores.rank() != 3
        || scores.dim(0) != boxes.dim(0)
        || scores.dim(2) != boxes.dim(1)) {
      throw GraphErrors.invalid(node, "boxes are " + boxes + ", scores " + scores);
    }
    long most = inference.has(2) ? scalar(inference, 2, DType.INT64).integer(0) : 0;
    float overlap = inference.has(3) ? scalar(inference, 3, DType.FLOAT32).f32(0) : 0;
    float least =
        inference.has(4) ? scalar(inference, 4, DType.FLOAT32).f32(0) : Float.NEGATIVE_INFINITY;
    Tensor corners = corners(inference.requireValue(0, "the boxes"), node);
    Tensor values = inference.requireValue(1, "the scores");
    Chosen chosen = new Chosen();
    for (int image = 0; image < scores.intDim(0); image++) {
      for (int kind = 0; kind < scores.intDim(1); kind++) {
        long[] order = order(values, image, kind, inference.has(4), least);
        choose(chosen, corners, image, kind, order, most, overlap);
      }
    }
    return List.of(TensorFact.constant(chosen.tensor()));
  }

  private static Tensor scalar(Inference inference, int input, DType type) {
    Tensor value = inference.requireValue(input, "input " + input);
    if (value.dtype() != type || value.elements() != 1) {
      throw GraphErrors.invalid(
          inference.node(), "input " + input + " is " + value + ", expected one " + type);
    }
    return value;
  }

  /** Boxes as least y, least x, greatest y, greatest x. */
  private static Tensor corners(Tensor boxes, Node node) {
    long format = node.intAttribute("center_point_box", 0);
    if (format != 0 && format != 1) {
      throw GraphErrors.invalid(node, "center_point_box is " + format + ", expected 0 or 1");
    }
    float[] given = boxes.toFloats();
    for (int at = 0; at < given.length; at += 4) {
      float a = given[at];
      float b = given[at + 1];
      float c = given[at + 2];
      float d = given[at + 3];
      if (format == 1) {
        // Centre x, centre y, width, height.
        float halfWidth = c / 2;
        float halfHeight = d / 2;
        c = b + halfHeight;
        d = a + halfWidth;
        float left = a - halfWidth;
        a = b - halfHeight;
        b = left;
      }
      given[at] = Math.min(a, c);
      given[at + 1] = Math.min(b, d);
      given[at + 2] = Math.max(a, c);
      given[at + 3] = Math.max(b, d);
    }
    return Tensor.of(given, boxes.shape().dims());
  }

  /** Boxes above the score threshold, best first: keys whose low half is the box. */
  private static long[] order(Tensor scores, int image, int kind, boolean limited, float least) {
    int boxes = scores.shape().intDim(2);
    long base = ((long) image * scores.shape().dim(1) + kind) * boxes;
    long[] keys = new long[boxes];
    int count = 0;
    for (int box = 0; box < boxes; box++) {
      float score = scores.f32(base + box);
      if (!limited || score > least) {
        int bits = Float.floatToIntBits(score + 0f);
        int ascending = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
        keys[count++] = ((long) ~ascending << 32) | box;
      }
    }
    keys = Arrays.copyOf(keys, count);
    Arrays.sort(keys);
    return keys;
  }

  private static void choose(
      Chosen chosen, Tensor corners, int image, int kind, long[] order, long most, float overlap) {
    int start = chosen.count;
    long base = (long) image * corners.shape().dim(1);
    for (int i = 0; i < order.length && chosen.count - start < most; i++) {
      int box = (int) order[i];
      boolean free = true;
      for (int other = start; other < chosen.count && free; other++) {
        free = !overlaps(corners, base + box, base + chosen.box(other), overlap);
      }
      if (free) {
        chosen.add(image, kind, box);
      }
    }
  }

  /** Whether intersection over union exceeds the threshold; empty boxes overlap nothing. */
  private static boolean overlaps(Tensor corners, long first, long second, float threshold) {
    float top = Math.max(corners.f32(4 * first), corners.f32(4 * second));
    float left = Math.max(corners.f32(4 * first + 1), corners.f32(4 * second + 1));
    float bottom = Math.min(corners.f32(4 * first + 2), corners.f32(4 * second + 2));
    float right = Math.min(corners.f32(4 * first + 3), corners.f32(4 * second + 3));
    float common = Math.max(bottom - top, 0) * Math.max(right - left, 0);
    float one = area(corners, first);
    float other = area(corners, second);
    float union = one + other - common;
    return common > 0 && one > 0 && other > 0 && union > 0 && common / union > threshold;
  }

  private static float area(Tensor corners, long box) {
    return (corners.f32(4 * box + 2) - corners.f32(4 * box))
        * (corners.f32(4 * box + 3) - corners.f32(4 * box + 1));
  }

  @Override
  public void lower(Lowering lowering) {
    Fill.emitKnown(lowering);
  }

  /** A growing list of image, class and box. */
  private static final class Chosen {
    private long[] values = new long[48];
    private int count;

    void add(long image, long kind, long box) {
      if (3 * count == values.length) {
        values = Arrays.copyOf(values, 2 * values.length);
      }
      values[3 * count] = image;
      values[3 * count + 1] = kind;
      values[3 * count + 2] = box;
      count++;
    }

    long box(int index) {
      return values[3 * index + 2];
    }

    Tensor tensor() {
      return Tensor.of(Arrays.copyOf(values, 3 * count), count, 3);
    }
  }
}
