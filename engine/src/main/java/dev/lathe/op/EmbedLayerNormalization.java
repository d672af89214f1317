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
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * com.microsoft EmbedLayerNormalization: the sum of word, position and segment embeddings,
 * normalized, and the number of unmasked tokens per sequence.
 *
 * <pre>
 * inputs   0 ids int32 [B,S]   1 segments int32 [B,S]?   2 words [V,H]   3 positions [P,H]
 *          4 segment embeddings [T,H]?   5 gamma [H]   6 beta [H]   7 mask int32 [B,S]?   8 position ids int32 [B|1,S]?
 * outputs  0 normalized [B,S,H]   1 mask index int32 [B]   2 embedding sum [B,S,H]?
 * </pre>
 */
final class EmbedLayerNormalization implements Operator {

  private static final int SEGMENTS = 1;
  private static final int WORDS = 2;
  private static final int POSITIONS = 3;
  private static final int SEGMENT_EMBEDDINGS = 4;
  private static final int MASK = 7;
  private static final int POSITION_IDS = 8;

  @Override
  public List<Key> keys() {
    return List.of(Microsoft.key("EmbedLayerNormalization"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    for (int input : new int[] {0, SEGMENTS, MASK, POSITION_IDS}) {
      if (input == 0 || inference.has(input)) {
        inference.requireRank(input, 2);
        if (inference.dtype(input) != DType.INT32) {
          throw GraphErrors.invalid(
              node, "input " + input + " is " + inference.dtype(input) + ", expected int32");
        }
      }
    }
    for (int input : new int[] {WORDS, POSITIONS, SEGMENT_EMBEDDINGS}) {
      if (input != SEGMENT_EMBEDDINGS || inference.has(input)) {
        Checks.requireF32(inference, input);
        inference.requireRank(input, 2);
        if (inference.shape(input).dim(1) != inference.shape(WORDS).dim(1)) {
          throw GraphErrors.invalid(node, "embeddings differ in width");
        }
      }
    }
    if (inference.has(SEGMENTS) != inference.has(SEGMENT_EMBEDDINGS)) {
      throw GraphErrors.invalid(node, "segments and segment embeddings come together");
    }
    long sequence = inference.shape(0).dim(1);
    if (!inference.has(POSITION_IDS) && sequence > inference.shape(POSITIONS).dim(0)) {
      throw GraphErrors.invalid(
          node, "a sequence of " + sequence + " has more tokens than there are positions");
    }
    Normalization form = form(inference);
    form.check(inference, DType.FLOAT32);
    TensorFact whole = TensorFact.of(DType.FLOAT32, form.shape());
    long batch = inference.shape(0).dim(0);
    return List.of(whole, TensorFact.of(DType.INT32, Shape.of(batch)), whole);
  }

  private static Normalization form(Inference inference) {
    Shape ids = inference.shape(0);
    long hidden = inference.shape(WORDS).dim(1);
    float epsilon = inference.node().floatAttribute("epsilon", 1e-12f);
    return new Normalization(
        Shape.of(ids.dim(0), ids.dim(1), hidden), 2, /* centred= */ true, epsilon, 5, 6);
  }

  @Override
  public void lower(Lowering lowering) {
    Normalization form = form(lowering.inference());
    Slot sum = lowering.isUsed(2) ? lowering.output(2) : lowering.output(0);
    Table words = Table.of(lowering, WORDS, 0);
    Table positions = Table.of(lowering, POSITIONS, POSITION_IDS);
    Table segments =
        lowering.has(SEGMENTS) ? Table.of(lowering, SEGMENT_EMBEDDINGS, SEGMENTS) : null;
    int hidden = form.length();
    long sequence = form.shape().dim(1);
    lowering.emit(
        RangeStep.units(
            "embed",
            form.rows(),
            3L * hidden,
            (frame, from, to) -> {
              MemorySegment out = frame.segment(sum);
              for (long token = from; token < to; token++) {
                long word = words.row(frame, token, sequence);
                long position = positions.row(frame, token, sequence);
                long segment = segments == null ? 0 : segments.row(frame, token, sequence);
                long at = frame.at(sum) + 4L * token * hidden;
                for (int i = 0; i < hidden; i++, at += 4) {
                  float x = words.at(frame, word, i) + positions.at(frame, position, i);
                  out.set(
                      Tensor.F32, at, segments == null ? x : x + segments.at(frame, segment, i));
                }
              }
            }));
    form.emit(lowering, sum, lowering.output(0));
    if (lowering.isUsed(1)) {
      countMask(lowering, sequence);
    }
  }

  /** Unmasked tokens per sequence, 0 without a mask. */
  private static void countMask(Lowering lowering, long sequence) {
    Slot counts = lowering.output(1);
    Slot mask = lowering.has(MASK) ? lowering.input(MASK) : null;
    lowering.emit(
        RangeStep.units(
            "count mask",
            counts.fact().shape().elements(),
            sequence,
            (frame, from, to) -> {
              for (long b = from; b < to; b++) {
                int count = 0;
                for (long s = 0; mask != null && s < sequence; s++) {
                  long at = frame.at(mask) + 4 * (b * sequence + s);
                  count += frame.segment(mask).get(Tensor.I32, at) == 1 ? 1 : 0;
                }
                frame.segment(counts).set(Tensor.I32, frame.at(counts) + 4 * b, count);
              }
            }));
  }

  /**
   * An embedding table and the ids that pick its rows; without ids the position in the sequence.
   */
  private record Table(Slot rows, @Nullable Indices ids, long count, long width) {

    static Table of(Lowering lowering, int table, int ids) {
      Shape shape = lowering.fact(table).shape();
      Indices picks = lowering.has(ids) ? Indices.of(lowering, ids) : null;
      return new Table(lowering.input(table), picks, shape.dim(0), shape.dim(1));
    }

    /** The row of a token. */
    long row(Frame frame, long token, long sequence) {
      long position = token % sequence;
      if (ids == null) {
        return position;
      }
      long at = ids.slot().fact().shape().dim(0) == 1 ? position : token;
      return ids.at(frame, at, count);
    }

    float at(Frame frame, long row, int column) {
      return frame.segment(rows).get(Tensor.F32, frame.at(rows) + 4 * (row * width + column));
    }
  }
}
