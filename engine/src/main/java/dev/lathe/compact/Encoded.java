package dev.lathe.compact;

import dev.lathe.compact.proto.Values;
import java.util.List;

/**
 * Elements in some form.
 *
 * @param values says how to read the parts
 * @param parts bytes of the streams, in the order they are read
 */
record Encoded(Values values, List<byte[]> parts) {

  /** Bytes in the file, the description included. */
  long size() {
    return dataSize() + values.getSerializedSize();
  }

  long dataSize() {
    return parts.stream().mapToLong(part -> part.length).sum();
  }
}
