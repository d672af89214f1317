package dev.lathe.compact;

import dev.lathe.compact.proto.Section;
import dev.lathe.compact.proto.Values;
import dev.lathe.onnx.TensorSink;
import dev.lathe.tensor.Sha256;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The sections of a file to be; equal contents share one. */
final class Sections implements TensorSink {

  /** Smaller tensors stay in the model: a section would cost more than it saves. */
  private static final long LEAST_BYTES = 1024;

  private record Contents(int bits, long count, String hash) {}

  /** A tensor in its form, and its section without the offset. */
  record Entry(Section section, List<MemorySegment> parts) {

    long bytes() {
      return parts.stream().mapToLong(MemorySegment::byteSize).sum();
    }
  }

  private final Compactness compactness;
  private final Map<Contents, Integer> known = new HashMap<>();
  private final List<Entry> entries = new ArrayList<>();
  private long unpacked;

  Sections(Compactness compactness) {
    this.compactness = compactness;
  }

  @Override
  public boolean wants(Tensor tensor) {
    return tensor.data().byteSize() >= LEAST_BYTES && entries.size() < CompactFile.MAX_SECTIONS;
  }

  @Override
  public long put(Tensor tensor) {
    Sha256 digest = new Sha256();
    digest.add(tensor.data());
    int bits = tensor.dtype().bits();
    String hash = digest.text();
    return known.computeIfAbsent(
        new Contents(bits, tensor.elements(), hash), contents -> add(tensor));
  }

  private int add(Tensor tensor) {
    long bytes = tensor.data().byteSize();
    if (bytes > SectionCursor.MOST_BYTES) {
      return add(8, bytes, PlainForm.mappable(bytes), List.of(tensor.data()));
    }
    Elements elements = Elements.of(tensor);
    Encoded encoded = Forms.smallest(elements, compactness);
    if (PlainForm.isMappable(encoded.values())) {
      return add(elements.bits(), elements.count(), encoded.values(), List.of(tensor.data()));
    }
    unpacked += bytes;
    return add(
        elements.bits(),
        elements.count(),
        encoded.values(),
        encoded.parts().stream().map(MemorySegment::ofArray).toList());
  }

  private int add(int bits, long count, Values values, List<MemorySegment> parts) {
    Section section = Section.newBuilder().setBits(bits).setCount(count).setValues(values).build();
    entries.add(new Entry(section, parts));
    return entries.size() - 1;
  }

  List<Entry> entries() {
    return entries;
  }

  /** Bytes that a reader allocates for the tensors. */
  long unpacked() {
    return unpacked;
  }
}
