package dev.lathe.bench.fuzz;

import static dev.lathe.bench.fuzz.Grower.attribute;

import dev.lathe.bench.fuzz.Grower.Value;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Moves that choose, scatter and contract, and rarer reductions. */
final class Selections {

  static final List<Moves.Move> ALL =
      List.of(
          Selections::topK,
          Selections::gatherElements,
          Selections::gatherNd,
          Selections::scatterElements,
          Selections::scatterNd,
          Selections::einsum,
          Selections::trilu,
          Selections::sums,
          Selections::lrn,
          Selections::gridSample,
          Selections::reverse,
          Selections::nonZero,
          Selections::compress,
          Selections::branch);

  private Selections() {}

  private static void topK(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && value.shape()[value.rank() - 1] >= 2);
    if (x == null) {
      return;
    }
    int axis = x.rank() - 1;
    long k = g.between(1, (int) x.shape()[axis]);
    long[] shape = x.shape().clone();
    shape[axis] = k;
    Value top = new Value(g.fresh(), shape);
    g.raw(
        "TopK",
        Map.of("largest", attribute(g.between(0, 1))),
        List.of(x.name(), g.longs(k)),
        List.of(top.name(), g.fresh()));
    g.remember(top);
  }

  private static String indices(Grower g, long[] shape, long size) {
    long[] data = new long[(int) new Value("", shape).elements()];
    for (int i = 0; i < data.length; i++) {
      data[i] = g.between((int) -size, (int) size - 1);
    }
    return g.constant(Tensor.of(data, shape));
  }

  private static void gatherElements(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x == null) {
      return;
    }
    int axis = g.between(0, x.rank() - 1);
    long[] shape = x.shape().clone();
    shape[axis] = g.between(1, 4);
    if (new Value("", shape).elements() <= Grower.MAX_ELEMENTS) {
      g.add(
          "GatherElements",
          shape,
          Map.of("axis", attribute(axis)),
          x.name(),
          indices(g, shape, x.shape()[axis]));
    }
  }

  private static void gatherNd(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x != null) {
      long[] shape = x.shape().clone();
      shape[0] = g.between(1, 4);
      if (new Value("", shape).elements() <= Grower.MAX_ELEMENTS) {
        g.add(
            "GatherND",
            shape,
            Map.of(),
            x.name(),
            indices(g, new long[] {shape[0], 1}, x.shape()[0]));
      }
    }
  }

  /** One index each, so that the order of additions does not matter. */
  private static void scatterElements(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x != null) {
      long[] shape = x.shape().clone();
      shape[1] = 1;
      g.add(
          "ScatterElements",
          x.shape(),
          Map.of("axis", attribute(1), "reduction", attribute(g.oneOf("none", "add", "mul"))),
          x.name(),
          indices(g, shape, x.shape()[1]),
          g.weights(1, shape));
    }
  }

  private static void scatterNd(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x != null) {
      long[] update = x.shape().clone();
      update[0] = 1;
      g.add(
          "ScatterND",
          x.shape(),
          Map.of(),
          x.name(),
          indices(g, new long[] {1, 1}, x.shape()[0]),
          g.weights(1, update));
    }
  }

  private static void einsum(Grower g) {
    Value x = g.pick(value -> value.rank() == 3 && value.elements() <= 4_000);
    if (x == null) {
      return;
    }
    long[] s = x.shape();
    switch (g.between(0, 3)) {
      case 0 ->
          g.add(
              "Einsum",
              new long[] {s[0], s[1], 5},
              Map.of("equation", attribute("bij,jk->bik")),
              x.name(),
              g.fanIn(s[2], s[2], 5));
      case 1 ->
          g.add(
              "Einsum",
              new long[] {s[1], s[0]},
              Map.of("equation", attribute("bij,j->ib")),
              x.name(),
              g.fanIn(s[2], s[2]));
      case 2 ->
          g.add(
              "Einsum",
              new long[] {s[0], s[2]},
              Map.of("equation", attribute("bij->bj")),
              x.name());
      default ->
          g.add(
              "Einsum",
              new long[] {s[0], s[1], s[1]},
              Map.of("equation", attribute("...ij,...kj->...ik")),
              x.name(),
              x.name());
    }
  }

  private static void trilu(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x != null) {
      g.add(
          "Trilu",
          x.shape(),
          Map.of("upper", attribute(g.between(0, 1))),
          x.name(),
          g.constant(Tensor.of(new long[] {g.between(-2, 2)})));
    }
  }

  private static void sums(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x == null) {
      return;
    }
    int axis = g.between(0, x.rank() - 1);
    long[] shape = x.shape().clone();
    shape[axis] = 1;
    String mean =
        g.raw("Div", Map.of(), x.name(), g.constant(Tensor.scalar((float) x.shape()[axis])));
    switch (g.between(0, 2)) {
      case 0 -> g.add("ReduceSum", shape, Map.of(), mean, g.longs(axis));
      case 1 -> g.add("ReduceSumSquare", shape, Map.of("axes", attribute(new long[] {axis})), mean);
      default ->
          g.add("ReduceLogSumExp", shape, Map.of("axes", attribute(new long[] {axis})), mean);
    }
  }

  private static void lrn(Grower g) {
    Value x = g.pick(value -> value.rank() == 4);
    if (x != null) {
      g.add(
          "LRN",
          x.shape(),
          Map.of("size", attribute(g.oneOf(3, 5)), "bias", attribute(1.5f)),
          x.name());
    }
  }

  private static void gridSample(Grower g) {
    Value x = g.pick(value -> value.rank() == 4 && value.elements() <= 6_000);
    if (x != null) {
      long height = g.between(1, 6);
      long width = g.between(1, 6);
      g.add(
          "GridSample",
          new long[] {x.shape()[0], x.shape()[1], height, width},
          Map.of(
              "mode", attribute("bilinear"),
              "padding_mode", attribute(g.oneOf("zeros", "border", "reflection")),
              "align_corners", attribute(g.between(0, 1))),
          x.name(),
          g.weights(0.6, x.shape()[0], height, width, 2));
    }
  }

  private static void reverse(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x != null) {
      long[] lengths = new long[(int) x.shape()[1]];
      for (int i = 0; i < lengths.length; i++) {
        lengths[i] = g.between(1, (int) x.shape()[0]);
      }
      g.add("ReverseSequence", x.shape(), Map.of(), x.name(), g.longs(lengths));
    }
  }

  /** Values picked by what an input contains: a shape no plan knows ahead. */
  private static void nonZero(Grower g) {
    Value x = g.pick(value -> value.name().startsWith("x") && value.elements() <= 2_000);
    if (x == null) {
      return;
    }
    String positive = g.raw("Relu", Map.of(), x.name());
    String places = g.raw("NonZero", Map.of(), positive);
    String rows = g.raw("Transpose", Map.of("perm", attribute(new long[] {1, 0})), places);
    String picked = g.raw("GatherND", Map.of(), x.name(), rows);
    long[] one = new long[] {1};
    g.add("ReduceMax", one, Map.of("keepdims", attribute(1)), picked);
  }

  private static void compress(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && value.shape()[0] >= 2);
    if (x == null) {
      return;
    }
    byte[] condition = new byte[(int) x.shape()[0]];
    Arrays.fill(condition, (byte) 1);
    condition[g.between(0, condition.length - 1)] = 0;
    long[] shape = x.shape().clone();
    shape[0]--;
    g.add(
        "Compress",
        shape,
        Map.of("axis", attribute(0)),
        x.name(),
        g.constant(Tensor.of(DType.BOOL, condition, condition.length)));
  }

  private static void branch(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1);
    if (x == null) {
      return;
    }
    String top = g.raw("ReduceMax", Map.of("keepdims", attribute(0)), x.name());
    String condition = g.raw("Greater", Map.of(), top, g.constant(Tensor.scalar(0.5f)));
    Value y = new Value(g.fresh(), x.shape());
    g.raw(
        "If",
        Map.of(
            "then_branch",
            Grower.body("Neg", x.name()),
            "else_branch",
            Grower.body("Tanh", x.name())),
        List.of(condition),
        List.of(y.name()));
    g.remember(y);
  }
}
