package dev.lathe.op;

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
 * Unique: the distinct elements, or slices along an axis, in ascending order or in that of their
 * first appearance; where each first appears, which one every input is, and how often each occurs.
 * The contents decide the shapes, so inference computes the results.
 */
final class Unique implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Unique"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireArithmetic(inference, 0);
    Node node = inference.node();
    Tensor input = inference.requireValue(0, "the number of distinct elements");
    boolean flat = !node.attributes().containsKey("axis");
    Tensor data = flat ? input.reshape(Shape.of(input.elements())) : input;
    int axis = flat ? 0 : Axes.attribute(node, 0, input.shape().rank());
    Slices slices = new Slices(data, axis);
    Groups groups = Groups.of(slices, slices.sorted(), node.intAttribute("sorted", 1) != 0);
    List<TensorFact> all =
        List.of(
            TensorFact.constant(slices.pick(groups.first)),
            TensorFact.constant(longs(groups.first)),
            TensorFact.constant(longs(groups.inverse)),
            TensorFact.constant(longs(groups.counts)));
    return all.subList(0, node.outputs().size());
  }

  private static Tensor longs(int[] values) {
    return Tensor.of(Arrays.stream(values).asLongStream().toArray(), values.length);
  }

  @Override
  public void lower(Lowering lowering) {
    Fill.emitKnown(lowering);
  }

  /** The slices of a tensor along an axis. */
  private record Slices(Tensor data, int axis) {

    int count() {
      return data.shape().intDim(axis);
    }

    /** Lexicographic order of two slices. */
    int compare(int a, int b) {
      long inner = data.shape().product(axis + 1, data.shape().rank());
      long outer = data.shape().product(0, axis);
      for (long o = 0; o < outer; o++) {
        for (long i = 0; i < inner; i++) {
          int order =
              Long.compare(key((o * count() + a) * inner + i), key((o * count() + b) * inner + i));
          if (order != 0) {
            return order;
          }
        }
      }
      return 0;
    }

    private long key(long index) {
      return SortKey.of(data.dtype(), data.data(), 0, index);
    }

    /** Slice numbers in ascending order, equal slices in their own: a bottom-up merge sort. */
    int[] sorted() {
      int[] order = new int[count()];
      Arrays.setAll(order, i -> i);
      int[] merged = new int[order.length];
      for (int width = 1; width < order.length && width > 0; width *= 2) {
        for (int from = 0; from < order.length; from += 2 * width) {
          int middle = Math.min(from + width, order.length);
          merge(order, merged, from, middle, Math.min(middle + width, order.length));
        }
        int[] swap = order;
        order = merged;
        merged = swap;
      }
      return order;
    }

    private void merge(int[] from, int[] to, int start, int middle, int end) {
      int left = start;
      int right = middle;
      for (int at = start; at < end; at++) {
        boolean takeLeft = right == end || (left < middle && compare(from[left], from[right]) <= 0);
        to[at] = takeLeft ? from[left++] : from[right++];
      }
    }

    /** A tensor of the given slices. */
    Tensor pick(int[] picked) {
      Tensor result = Tensor.zeros(data.dtype(), data.shape().with(axis, picked.length));
      int bytes = data.dtype().bits() / 8;
      long run = data.shape().product(axis + 1, data.shape().rank()) * bytes;
      long outer = data.shape().product(0, axis);
      for (long o = 0; o < outer; o++) {
        for (int i = 0; i < picked.length; i++) {
          long source = (o * count() + picked[i]) * run;
          MemorySegment.copy(
              data.data(), source, result.data(), (o * picked.length + i) * run, run);
        }
      }
      return result;
    }
  }

  /** Slices grouped by equality. */
  private static final class Groups {
    private final int[] first;
    private final int[] inverse;
    private final int[] counts;

    private Groups(int[] first, int[] inverse, int[] counts) {
      this.first = first;
      this.inverse = inverse;
      this.counts = counts;
    }

    static Groups of(Slices slices, int[] order, boolean sorted) {
      int[] group = new int[order.length];
      int[] first = new int[order.length];
      int groups = 0;
      for (int i = 0; i < order.length; i++) {
        if (i == 0 || slices.compare(order[i - 1], order[i]) != 0) {
          first[groups++] = order[i];
        }
        group[order[i]] = groups - 1;
      }
      int[] rank = sorted ? identity(groups) : ranks(group, groups);
      int[] placed = new int[groups];
      int[] counts = new int[groups];
      for (int g = 0; g < groups; g++) {
        placed[rank[g]] = first[g];
      }
      for (int i = 0; i < group.length; i++) {
        group[i] = rank[group[i]];
        counts[group[i]]++;
      }
      return new Groups(placed, group, counts);
    }

    private static int[] identity(int count) {
      int[] result = new int[count];
      Arrays.setAll(result, i -> i);
      return result;
    }

    /** Place of every group when ordered by first appearance. */
    private static int[] ranks(int[] group, int groups) {
      int[] rank = new int[groups];
      Arrays.fill(rank, -1);
      int next = 0;
      for (int g : group) {
        if (rank[g] < 0) {
          rank[g] = next++;
        }
      }
      return rank;
    }
  }
}
