package dev.lathe.tensor;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import java.util.Locale;

/**
 * Element types, in the order and with the codes of ONNX {@code TensorProto.DataType}. Sub-byte
 * types are packed as ONNX packs them: the first element in the least significant bits.
 */
public enum DType {
  FLOAT32(1, 32, "float"),
  UINT8(2, 8, "uint8"),
  INT8(3, 8, "int8"),
  UINT16(4, 16, "uint16"),
  INT16(5, 16, "int16"),
  INT32(6, 32, "int32"),
  INT64(7, 64, "int64"),
  STRING(8, 0, "string"),
  BOOL(9, 8, "bool"),
  FLOAT16(10, 16, "float16"),
  FLOAT64(11, 64, "double"),
  UINT32(12, 32, "uint32"),
  UINT64(13, 64, "uint64"),
  COMPLEX64(14, 64, "complex64"),
  COMPLEX128(15, 128, "complex128"),
  BFLOAT16(16, 16, "bfloat16"),
  FLOAT8E4M3FN(17, 8, "float8e4m3fn"),
  FLOAT8E4M3FNUZ(18, 8, "float8e4m3fnuz"),
  FLOAT8E5M2(19, 8, "float8e5m2"),
  FLOAT8E5M2FNUZ(20, 8, "float8e5m2fnuz"),
  UINT4(21, 4, "uint4"),
  INT4(22, 4, "int4"),
  FLOAT4E2M1(23, 4, "float4e2m1");

  private static final DType[] BY_CODE = new DType[24];

  static {
    for (DType type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  private final int code;
  private final int bits;
  private final String onnxName;

  DType(int code, int bits, String onnxName) {
    this.code = code;
    this.bits = bits;
    this.onnxName = onnxName;
  }

  /** The code in {@code TensorProto.DataType}. */
  public int code() {
    return code;
  }

  /** Bits per element; 0 for strings, which have no fixed size. */
  public int bits() {
    return bits;
  }

  /** The name ONNX type strings use, such as {@code float} or {@code int8}. */
  public String onnxName() {
    return onnxName;
  }

  /** Whether {@code code} names a type of this enum. */
  public static boolean isKnown(int code) {
    return code > 0 && code < BY_CODE.length;
  }

  /**
   * The type with an ONNX code.
   *
   * @throws UnsupportedException for a code this enum does not know
   */
  public static DType ofCode(int code) {
    if (!isKnown(code)) {
      throw new UnsupportedException(
          Problem.of("unknown ONNX data type code " + code, "TensorProto.data_type"));
    }
    return BY_CODE[code];
  }

  /** Bytes that {@code elements} packed elements take, rounded up to a whole byte. */
  public long bytesFor(long elements) {
    return bits >= 8
        ? Math.multiplyExact(elements, bits / 8)
        : Math.ceilDiv(Math.multiplyExact(elements, bits), 8);
  }

  /** Whether this is an 8-bit integer type, the operand type of the integer kernels. */
  public boolean isInt8() {
    return this == INT8 || this == UINT8;
  }

  /** Whether the type is an integer (bool and strings are not). */
  public boolean isInteger() {
    return switch (this) {
      case UINT8, INT8, UINT16, INT16, INT32, INT64, UINT32, UINT64, UINT4, INT4 -> true;
      default -> false;
    };
  }

  /** Whether the type is a real floating-point type. */
  public boolean isFloat() {
    return switch (this) {
      case FLOAT32, FLOAT16, FLOAT64, BFLOAT16 -> true;
      case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT4E2M1 -> true;
      default -> false;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
