package dev.lathe.measure;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.TensorFact;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Inputs for a model nobody gave data for: standard normal floats, 8-bit integers over their whole
 * range, and ones where a value may be an index, a mask or a size.
 */
public final class SeededInputs {

  /** Numbers that any vocabulary has. */
  private static final int TOKENS = 100;

  private SeededInputs() {}

  /** As {@link #of(TensorFact, long)}; integers called some {@code ids} are small random ones. */
  public static Tensor of(String name, TensorFact fact, long seed) {
    Tensor tensor = of(fact, seed);
    boolean wide = fact.dtype() == DType.INT64;
    if (wide || fact.dtype() == DType.INT32) {
      SplittableRandom random = new SplittableRandom(seed);
      boolean kinds = name.contains("type") || name.contains("segment");
      boolean tokens = name.contains("ids") && !kinds;
      for (long i = 0; i < tensor.elements() && (tokens || kinds); i++) {
        int value = tokens ? random.nextInt(TOKENS) : 0;
        if (wide) {
          tensor.data().set(Tensor.I64, 8 * i, value);
        } else {
          tensor.data().set(Tensor.I32, 4 * i, value);
        }
      }
    }
    return tensor;
  }

  /**
   * A heap tensor of a fact's type and shape; the same seed gives the same values. Floats are
   * normal, bytes any, other integers and truth values 1, as masks and counts are.
   */
  public static Tensor of(TensorFact fact, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Tensor tensor = Tensor.zeros(fact.dtype(), fact.shape());
    int count = Math.toIntExact(tensor.elements());
    IntStream all = IntStream.range(0, count);
    switch (fact.dtype()) {
      case FLOAT32 ->
          all.forEach(i -> tensor.data().set(Tensor.F32, 4L * i, (float) random.nextGaussian()));
      case FLOAT64 ->
          all.forEach(i -> tensor.data().set(Tensor.F64, 8L * i, random.nextGaussian()));
      case FLOAT16 ->
          all.forEach(
              i ->
                  tensor
                      .data()
                      .set(
                          Tensor.I16, 2L * i, Float.floatToFloat16((float) random.nextGaussian())));
      case UINT8, INT8 ->
          all.forEach(i -> tensor.data().set(Tensor.I8, i, (byte) random.nextInt(256)));
      case BOOL -> tensor.data().fill((byte) 1);
      case INT64, UINT64 -> all.forEach(i -> tensor.data().set(Tensor.I64, 8L * i, 1));
      case INT32, UINT32 -> all.forEach(i -> tensor.data().set(Tensor.I32, 4L * i, 1));
      default -> throw unsupported(fact.dtype());
    }
    return tensor;
  }

  private static UnsupportedException unsupported(DType dtype) {
    return new UnsupportedException(
        new Problem("no inputs are made up for type " + dtype, "model input", "", "give data"));
  }
}
