package dev.lathe.data;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Arrays as the type a model wants, where that is what everybody would do. */
public final class ArrayTypes {

  private ArrayTypes() {}

  /**
   * An array as another type: integers as wider ones, half precision as float32, double precision
   * (NumPy's default) rounded to float32.
   *
   * @return null for any other conversion, or when there is nothing to convert
   */
  public static @Nullable Tensor convert(Tensor tensor, DType wanted) {
    DType given = tensor.dtype();
    if (given == wanted) {
      return null;
    }
    if (rounds(given, wanted)) {
      return toFloats(tensor);
    }
    return widens(given, wanted) ? toIntegers(tensor, wanted) : null;
  }

  /** Whether an array of one type may stand for another: the same, or one that is converted. */
  static boolean converts(DType given, DType wanted) {
    return given == wanted || rounds(given, wanted) || widens(given, wanted);
  }

  private static boolean rounds(DType given, DType wanted) {
    return wanted == DType.FLOAT32 && (given == DType.FLOAT64 || given == DType.FLOAT16);
  }

  private static boolean widens(DType given, DType wanted) {
    boolean signed = given == DType.INT8 || given == DType.INT16 || given == DType.INT32;
    boolean unsigned = given == DType.UINT8 || given == DType.UINT16 || given == DType.UINT32;
    return (wanted == DType.INT32 || wanted == DType.INT64)
        && (signed || unsigned)
        && given.bits() < wanted.bits();
  }

  private static Tensor toFloats(Tensor tensor) {
    Tensor result = Tensor.zeros(DType.FLOAT32, tensor.shape());
    for (long i = 0; i < tensor.elements(); i++) {
      float value =
          tensor.dtype() == DType.FLOAT64
              ? (float) tensor.data().get(Tensor.F64, 8 * i)
              : Float.float16ToFloat(tensor.data().get(Tensor.I16, 2 * i));
      result.data().set(Tensor.F32, 4 * i, value);
    }
    return result;
  }

  private static Tensor toIntegers(Tensor tensor, DType wanted) {
    Tensor result = Tensor.zeros(wanted, tensor.shape());
    for (long i = 0; i < tensor.elements(); i++) {
      if (wanted == DType.INT64) {
        result.data().set(Tensor.I64, 8 * i, tensor.integer(i));
      } else {
        result.data().set(Tensor.I32, 4 * i, (int) tensor.integer(i));
      }
    }
    return result;
  }
}
