package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.tensor.DType;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The head of a {@code .npy} array (NumPy enhancement proposal 1, format versions 1 to 3): a magic
 * string, a version and a Python dictionary that gives type, order and shape.
 *
 * @param columnMajor whether the first axis is the one that runs fastest
 */
record NpyHeader(DType dtype, List<Long> dims, boolean columnMajor) {

  private static final long MAGIC = 0x934e554d5059L;
  private static final int MAX_HEADER_BYTES = 1 << 16;
  private static final int ALIGNMENT = 64;

  private static final Pattern DICTIONARY =
      Pattern.compile(
          "\\s*\\{(?=.*'descr'\\s*:\\s*'(?<descr>[^']{1,8})')"
              + "(?=.*'fortran_order'\\s*:\\s*(?<fortran>True|False))"
              + "(?=.*'shape'\\s*:\\s*\\((?<shape>[0-9,\\sL]*)\\)).*\\}\\s*",
          Pattern.DOTALL);

  private static final Map<String, DType> TYPES =
      Map.ofEntries(
          Map.entry("|b1", DType.BOOL),
          Map.entry("|u1", DType.UINT8),
          Map.entry("|i1", DType.INT8),
          Map.entry("<u2", DType.UINT16),
          Map.entry("<i2", DType.INT16),
          Map.entry("<u4", DType.UINT32),
          Map.entry("<i4", DType.INT32),
          Map.entry("<u8", DType.UINT64),
          Map.entry("<i8", DType.INT64),
          Map.entry("<f2", DType.FLOAT16),
          Map.entry("<f4", DType.FLOAT32),
          Map.entry("<f8", DType.FLOAT64));

  /** Reads up to the first byte of the array. */
  static NpyHeader read(DataInputStream in, String where) throws IOException {
    long magic = (Integer.toUnsignedLong(in.readInt()) << 16) | in.readUnsignedShort();
    if (magic != MAGIC) {
      throw DataErrors.damaged("no .npy array", where, "it must start with \\x93NUMPY");
    }
    int version = in.readUnsignedByte();
    in.readUnsignedByte();
    long length =
        version == 1
            ? Short.toUnsignedLong(Short.reverseBytes(in.readShort()))
            : Integer.toUnsignedLong(Integer.reverseBytes(in.readInt()));
    if (version < 1 || version > 3 || length > MAX_HEADER_BYTES) {
      throw DataErrors.damaged(
          "unknown .npy head: version " + version + ", " + length + " bytes",
          where,
          "versions 1 to 3 and at most " + MAX_HEADER_BYTES + " bytes are read");
    }
    byte[] text = new byte[(int) length];
    in.readFully(text);
    return parse(new String(text, StandardCharsets.UTF_8), where);
  }

  private static NpyHeader parse(String text, String where) {
    Matcher matcher = DICTIONARY.matcher(text);
    if (!matcher.matches()) {
      throw DataErrors.damaged("unreadable .npy head", where, text.strip());
    }
    DType dtype = TYPES.get(matcher.group("descr"));
    if (dtype == null) {
      throw new InvalidDataException(
          new Problem(
              "element type '" + matcher.group("descr") + "' is not read",
              where,
              "supported: " + TYPES.keySet().stream().sorted().collect(Collectors.joining(" ")),
              "save it as another type, such as array.astype(numpy.float32)"));
    }
    try {
      List<Long> dims =
          Pattern.compile(",")
              .splitAsStream(matcher.group("shape"))
              .map(part -> part.replace("L", "").strip())
              .filter(part -> !part.isEmpty())
              .map(Long::valueOf)
              .toList();
      return new NpyHeader(dtype, dims, matcher.group("fortran").equals("True"));
    } catch (NumberFormatException e) {
      throw DataErrors.damaged(
          "unreadable shape (" + matcher.group("shape") + ")", where, e.toString());
    }
  }

  /** The bytes of a version 1 head, padded as NumPy does. */
  byte[] encode() {
    String descr =
        TYPES.entrySet().stream()
            .filter(entry -> entry.getValue() == dtype)
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow(
                () ->
                    new UnsupportedException(
                        new Problem(
                            "NumPy has no type for " + dtype,
                            ".npy array of shape " + dims,
                            "",
                            "end the model with a Cast to float")));
    String shape = dims.stream().map(dim -> dim + ",").collect(Collectors.joining(" ", "(", ")"));
    String text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
    int unpadded = 10 + text.length() + 1;
    int padding = -unpadded & (ALIGNMENT - 1);
    byte[] body = (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
    byte[] head = new byte[10 + body.length];
    byte[] prefix = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    System.arraycopy(prefix, 0, head, 0, prefix.length);
    head[8] = (byte) body.length;
    head[9] = (byte) (body.length >> 8);
    System.arraycopy(body, 0, head, 10, body.length);
    return head;
  }
}
