package dev.lathe.bench.fuzz;

import static dev.lathe.bench.fuzz.Grower.attribute;

import dev.lathe.bench.fuzz.Grower.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Moves that change shapes: what is where, and how much of it. */
final class Movements {

  private Movements() {}

  static void transpose(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x == null) {
      return;
    }
    List<Integer> order = new ArrayList<>(IntStream.range(0, x.rank()).boxed().toList());
    Collections.shuffle(order, g.random);
    long[] shape = order.stream().mapToLong(axis -> x.shape()[axis]).toArray();
    long[] perm = order.stream().mapToLong(axis -> axis).toArray();
    g.add("Transpose", shape, Map.of("perm", attribute(perm)), x.name());
  }

  static void flatten(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x != null) {
      long rows = x.shape()[0];
      g.add("Flatten", new long[] {rows, x.elements() / rows}, Map.of(), x.name());
    }
  }

  static void reshape(Grower g) {
    Value x = g.pick(value -> value.rank() >= 3);
    if (x == null) {
      return;
    }
    long rows = x.shape()[0] * x.shape()[1];
    long[] shape = {rows, x.elements() / rows};
    g.add("Reshape", shape, Map.of(), x.name(), g.longs(g.oneOf(rows, -1L), shape[1]));
  }

  static void concat(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && value.isSmall());
    if (x == null) {
      return;
    }
    Value y = g.pick(value -> Arrays.equals(value.shape(), x.shape()));
    int axis = g.between(0, x.rank() - 1);
    g.add(
        "Concat",
        Grower.with(x.shape(), axis, 2 * x.shape()[axis]),
        Map.of("axis", attribute(g.chance(0.5) ? axis : axis - x.rank())),
        x.name(),
        y.name());
  }

  static void split(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && value.shape()[value.rank() - 1] >= 2);
    if (x == null) {
      return;
    }
    int axis = x.rank() - 1;
    long first = g.between(1, (int) x.shape()[axis] - 1);
    Value left = new Value(g.fresh(), Grower.with(x.shape(), axis, first));
    Value right = new Value(g.fresh(), Grower.with(x.shape(), axis, x.shape()[axis] - first));
    g.raw(
        "Split",
        Map.of("axis", attribute(axis)),
        List.of(x.name(), g.longs(first, x.shape()[axis] - first)),
        List.of(left.name(), right.name()));
    g.remember(left);
    g.remember(right);
  }

  static void slice(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && value.shape()[0] >= 1);
    if (x == null) {
      return;
    }
    int axis = g.between(0, x.rank() - 1);
    int size = (int) x.shape()[axis];
    int from = g.between(0, size - 1);
    int to = g.between(from + 1, size);
    int step = g.between(1, 2);
    boolean backwards = g.chance(0.3);
    long count = ((long) to - from + step - 1) / step;
    g.add(
        "Slice",
        Grower.with(x.shape(), axis, count),
        Map.of(),
        x.name(),
        g.longs(backwards ? to - 1 : from),
        g.longs(backwards ? (from == 0 ? Long.MIN_VALUE + 1 : from - 1) : to),
        g.longs(axis),
        g.longs(backwards ? -step : step));
  }

  static void pad(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2 && value.isSmall());
    if (x == null) {
      return;
    }
    long[] pads = new long[2 * x.rank()];
    long[] shape = x.shape().clone();
    for (int axis = Math.max(0, x.rank() - 2); axis < x.rank(); axis++) {
      int most = (int) Math.min(2, shape[axis] - 1);
      pads[axis] = g.between(0, most);
      pads[axis + x.rank()] = g.between(0, most);
      shape[axis] += pads[axis] + pads[axis + x.rank()];
    }
    g.add(
        "Pad",
        shape,
        Map.of("mode", attribute(g.oneOf("constant", "reflect", "edge"))),
        x.name(),
        g.longs(pads));
  }

  static void reduce(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2);
    if (x == null) {
      return;
    }
    int axis = g.between(0, x.rank() - 1);
    boolean keep = g.chance(0.6) || x.rank() == 2;
    long[] kept = Grower.with(x.shape(), axis, 1);
    long[] shape =
        keep
            ? kept
            : IntStream.range(0, x.rank())
                .filter(at -> at != axis)
                .mapToLong(at -> x.shape()[at])
                .toArray();
    g.add(
        g.oneOf("ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceL1"),
        shape,
        Map.of("axes", attribute(new long[] {axis}), "keepdims", attribute(keep ? 1 : 0)),
        x.name());
  }

  static void gather(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && value.isSmall());
    if (x == null) {
      return;
    }
    int axis = g.between(0, x.rank() - 1);
    long[] indices = new long[g.between(1, 4)];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = g.between(-(int) x.shape()[axis], (int) x.shape()[axis] - 1);
    }
    long[] shape = Grower.with(x.shape(), axis, indices.length);
    if (new Value("", shape).elements() <= Grower.MAX_ELEMENTS) {
      g.add("Gather", shape, Map.of("axis", attribute(axis)), x.name(), g.longs(indices));
    }
  }

  static void resize(Grower g) {
    Value x = g.pick(value -> value.rank() == 4 && value.elements() < 4_000);
    if (x == null) {
      return;
    }
    // Nearest pixels at whole ratios only: at others, ONNX Runtime's single precision positions
    // and exact ones may fall on different sides of a pixel's edge.
    boolean nearest = g.chance(0.5);
    long[] sizes = x.shape().clone();
    for (int axis = 2; axis < 4; axis++) {
      int size = (int) sizes[axis];
      sizes[axis] = nearest ? (long) size * g.between(1, 2) : g.between(1, 2 * size);
    }
    g.add(
        "Resize",
        sizes,
        nearest
            ? Map.of(
                "mode", attribute("nearest"),
                "coordinate_transformation_mode", attribute(g.oneOf("asymmetric", "half_pixel")),
                "nearest_mode", attribute("floor"))
            : Map.of(
                "mode",
                attribute(g.oneOf("linear", "cubic")),
                "coordinate_transformation_mode",
                attribute(g.oneOf("half_pixel", "align_corners", "asymmetric"))),
        x.name(),
        "",
        "",
        g.longs(sizes));
  }

  static void expand(Grower g) {
    Value x = g.pick(value -> value.rank() >= 1 && value.elements() < 3_000);
    if (x == null) {
      return;
    }
    if (g.chance(0.5)) {
      long times = g.between(1, 3);
      long[] shape = new long[x.rank() + 1];
      shape[0] = times;
      System.arraycopy(x.shape(), 0, shape, 1, x.rank());
      if (shape.length <= 4) {
        g.add("Expand", shape, Map.of(), x.name(), g.longs(shape));
      }
    } else {
      long[] repeats = new long[x.rank()];
      Arrays.fill(repeats, 1);
      int axis = g.between(0, x.rank() - 1);
      repeats[axis] = 2;
      g.add(
          "Tile",
          Grower.with(x.shape(), axis, 2 * x.shape()[axis]),
          Map.of(),
          x.name(),
          g.longs(repeats));
    }
  }

  static void depthToSpace(Grower g) {
    Value x = g.pick(value -> value.rank() == 4);
    if (x == null) {
      return;
    }
    long[] s = x.shape();
    if (s[1] % 4 == 0) {
      g.add(
          "DepthToSpace",
          new long[] {s[0], s[1] / 4, 2 * s[2], 2 * s[3]},
          Map.of("blocksize", attribute(2), "mode", attribute(g.oneOf("DCR", "CRD"))),
          x.name());
    } else if (s[2] % 2 == 0 && s[3] % 2 == 0) {
      g.add(
          "SpaceToDepth",
          new long[] {s[0], 4 * s[1], s[2] / 2, s[3] / 2},
          Map.of("blocksize", attribute(2)),
          x.name());
    }
  }

  static void squeeze(Grower g) {
    Value x = g.pick(value -> value.rank() >= 2 && value.rank() <= 3);
    if (x != null) {
      long[] shape = new long[x.rank() + 1];
      int axis = g.between(0, x.rank());
      for (int i = 0; i < shape.length; i++) {
        shape[i] = i == axis ? 1 : x.shape()[i < axis ? i : i - 1];
      }
      g.add("Unsqueeze", shape, Map.of(), x.name(), g.longs(axis));
    }
  }
}
