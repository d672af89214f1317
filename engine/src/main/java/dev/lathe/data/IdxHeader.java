package dev.lathe.data;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The head of an IDX file: two zero bytes, a type code, the rank, then big-endian 32-bit
 * dimensions. Only unsigned bytes (code 8) are read, as all image sets of this form use.
 */
record IdxHeader(List<Long> dims) {

  private static final int UNSIGNED_BYTE = 8;
  private static final int MAX_RANK = 4;

  static IdxHeader read(DataInputStream in, Path file) throws IOException {
    int magic = in.readInt();
    int type = magic >>> 8 & 0xff;
    int rank = magic & 0xff;
    if (magic >>> 16 != 0 || rank == 0 || rank > MAX_RANK) {
      throw DataErrors.damaged(
          String.format("no IDX file: it starts with %08x", magic),
          file.toString(),
          "an IDX file starts with 0000, a type code and the number of dimensions");
    }
    if (type != UNSIGNED_BYTE) {
      throw DataErrors.damaged(
          String.format("IDX type code %02x is not supported", type),
          file.toString(),
          "only unsigned bytes (08) are read");
    }
    List<Long> dims = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      dims.add(Integer.toUnsignedLong(in.readInt()));
    }
    return new IdxHeader(dims);
  }

  int rank() {
    return dims.size();
  }

  long count() {
    return dims.getFirst();
  }

  /** Values per sample: the product of all dimensions but the first. */
  int sampleValues(Path file) {
    return DataErrors.sampleValues(file.toString(), dims.subList(1, dims.size()));
  }

  int headerBytes() {
    return 4 + 4 * dims.size();
  }
}
