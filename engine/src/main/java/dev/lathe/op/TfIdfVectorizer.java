package dev.lathe.op;

import dev.lathe.graph.Attribute;
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
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * TfIdfVectorizer over integers: how often the n-grams of a pool occur in each row, as counts (TF),
 * as weights of those that occur (IDF) or as both multiplied (TFIDF). The items of an n-gram may
 * lie up to {@code max_skip_count + 1} apart, all equally far.
 */
final class TfIdfVectorizer implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("TfIdfVectorizer"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Checks.requireIndexType(inference, 0);
    Shape shape = inference.shape(0);
    if (shape.rank() != 1 && shape.rank() != 2) {
      throw GraphErrors.invalid(node, "the input is " + shape + ", expected [C] or [N, C]");
    }
    long columns = new Pool(node).columns;
    return Checks.one(
        DType.FLOAT32, shape.rank() == 1 ? Shape.of(columns) : Shape.of(shape.dim(0), columns));
  }

  @Override
  public void lower(Lowering lowering) {
    Pool pool = new Pool(lowering.node());
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    long length = src.fact().shape().dim(-1);
    lowering.emit(
        RangeStep.units(
            "tfidf",
            dst.fact().shape().product(0, dst.fact().shape().rank() - 1),
            pool.columns + length * 32,
            (frame, from, to) -> {
              for (long row = from; row < to; row++) {
                pool.count(frame, src, row * length, length, dst, row * pool.columns);
              }
            }));
  }

  /** The n-grams that are looked for, in a table with linear probing. */
  private static final class Pool {
    private final int shortest;
    private final int longest;
    private final long skips;
    private final String mode;
    private final long columns;
    private final long[] items;
    private final int[] starts;
    private final int[] lengths;
    private final long[] indexes;
    private final float @Nullable [] weights;
    private final int[] table;

    Pool(Node node) {
      this.shortest = Math.toIntExact(Checks.requireInt(node, "min_gram_length"));
      this.longest = Math.toIntExact(Checks.requireInt(node, "max_gram_length"));
      this.skips = Checks.requireInt(node, "max_skip_count");
      this.mode = node.textAttribute("mode", "");
      this.indexes = list(node, "ngram_indexes");
      this.items = list(node, "pool_int64s");
      this.weights = weights(node);
      long[] counts = list(node, "ngram_counts");
      this.columns = Arrays.stream(indexes).max().orElse(-1) + 1;
      this.starts = new int[indexes.length];
      this.lengths = new int[indexes.length];
      boolean fits =
          List.of("TF", "IDF", "TFIDF").contains(mode)
              && shortest >= 1
              && longest >= shortest
              && longest <= counts.length
              && place(counts)
              && Arrays.stream(indexes).allMatch(index -> index >= 0)
              && (weights == null || weights.length == indexes.length);
      if (!fits) {
        throw GraphErrors.invalid(node, "the n-grams and their attributes do not fit each other");
      }
      this.table = new int[Integer.highestOneBit(Math.max(1, indexes.length)) * 4];
      Arrays.fill(table, -1);
      IntStream.range(0, indexes.length)
          .filter(gram -> lengths[gram] >= shortest && lengths[gram] <= longest)
          .forEach(this::enter);
    }

    private static long[] list(Node node, String key) {
      long[] values = node.intsAttribute(key);
      if (values == null) {
        if (key.equals("pool_int64s") && node.attributes().containsKey("pool_strings")) {
          throw Checks.unsupported(node, "the n-grams are strings", "n-grams of integers");
        }
        throw GraphErrors.invalid(node, "attribute '" + key + "' is missing");
      }
      return values;
    }

    private static float @Nullable [] weights(Node node) {
      if (!(node.attributes().get("weights") instanceof Attribute.Reals(List<Float> values))) {
        return null;
      }
      float[] weights = new float[values.size()];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = values.get(i);
      }
      return weights;
    }

    /**
     * Finds where every n-gram starts; whether the pool divides into as many as there should be.
     */
    private boolean place(long[] counts) {
      int gram = 0;
      for (int n = 1; n <= counts.length; n++) {
        long from = counts[n - 1];
        long to = n < counts.length ? counts[n] : items.length;
        if (from < 0 || from > to || to > items.length || (to - from) % n != 0) {
          return false;
        }
        for (long at = from; at < to; at += n) {
          if (gram == indexes.length) {
            return false;
          }
          starts[gram] = (int) at;
          lengths[gram++] = n;
        }
      }
      return gram == indexes.length;
    }

    private void enter(int gram) {
      long hash = lengths[gram];
      for (int i = 0; i < lengths[gram]; i++) {
        hash = mix(hash, items[starts[gram] + i]);
      }
      int at = slot(hash);
      while (table[at] >= 0) {
        at = (at + 1) & (table.length - 1);
      }
      table[at] = gram;
    }

    private static long mix(long hash, long item) {
      return (hash ^ item) * 0x9E3779B97F4A7C15L + (hash >>> 29);
    }

    private int slot(long hash) {
      return (int) (hash >>> 40) & (table.length - 1);
    }

    /** Fills one row of the output. */
    void count(Frame frame, Slot src, long start, long length, Slot dst, long row) {
      for (long column = 0; column < columns; column++) {
        put(frame, dst, row + column, 0);
      }
      for (int n = shortest; n <= longest; n++) {
        for (long step = 1; step <= (n == 1 ? 1 : skips + 1); step++) {
          for (long first = 0; first + (n - 1) * step < length; first++) {
            int gram = find(frame, src, start + first, step, n);
            if (gram >= 0) {
              long at = row + indexes[gram];
              double old = Elements.getDouble(DType.FLOAT32, frame.segment(dst), frame.at(dst), at);
              put(frame, dst, at, mode.equals("IDF") ? weight(gram) : old + tf(gram));
            }
          }
        }
      }
    }

    private double tf(int gram) {
      return mode.equals("TF") ? 1 : weight(gram);
    }

    private double weight(int gram) {
      return weights == null ? 1 : weights[gram];
    }

    private static void put(Frame frame, Slot dst, long index, double value) {
      Elements.putDouble(DType.FLOAT32, frame.segment(dst), frame.at(dst), index, value);
    }

    /** The n-gram whose items lie {@code step} apart from {@code first} on, or -1. */
    private int find(Frame frame, Slot src, long first, long step, int n) {
      long hash = n;
      for (int i = 0; i < n; i++) {
        hash = mix(hash, item(frame, src, first + i * step));
      }
      for (int at = slot(hash); table[at] >= 0; at = (at + 1) & (table.length - 1)) {
        int gram = table[at];
        boolean equal = lengths[gram] == n;
        for (int i = 0; i < n && equal; i++) {
          equal = items[starts[gram] + i] == item(frame, src, first + i * step);
        }
        if (equal) {
          return gram;
        }
      }
      return -1;
    }

    private static long item(Frame frame, Slot src, long index) {
      return Elements.getLong(src.fact().dtype(), frame.segment(src), frame.at(src), index);
    }
  }
}
