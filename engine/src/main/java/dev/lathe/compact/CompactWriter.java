package dev.lathe.compact;

import dev.lathe.compact.proto.Graph;
import dev.lathe.compact.proto.Header;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Network;
import dev.lathe.onnx.AtomicFile;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.onnx.Overwrite;
import dev.lathe.tensor.Sha256;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Writes compact files. The same network always gives the same bytes on the same Java; another zlib
 * in another Java may deflate differently.
 */
public final class CompactWriter {

  private static final byte[] ZEROS = new byte[CompactFile.ALIGNMENT];

  private final List<MemorySegment> parts = new ArrayList<>();
  private long size;

  private CompactWriter(Network network, Compactness compactness) {
    Sections sections = new Sections(compactness);
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    OnnxWriter.detached(
        network, sections, slice -> model.writeBytes(slice.toArray(ValueLayout.JAVA_BYTE)));
    Stored graph = Stored.of(model.toByteArray(), Compactness.SMALL);
    Header header = header(network, model.size(), graph, sections);
    int headerBytes = header.getSerializedSize();
    if (headerBytes > CompactFile.MAX_HEADER) {
      throw new UnsupportedException(
          new Problem(
              "the header needs " + headerBytes + " bytes",
              "compact file",
              "at most " + CompactFile.MAX_HEADER + " are read",
              "write ONNX"));
    }
    add(MemorySegment.ofArray(header.toByteArray()));
    size += CompactFile.PREAMBLE;
    addAligned(List.of(MemorySegment.ofArray(graph.bytes())));
    sections.entries().forEach(entry -> addAligned(entry.parts()));
    long unpacked = sections.unpacked() + model.size();
    for (long missing = CompactFile.leastBytes(unpacked) - size; missing > 0; missing -= 1 << 20) {
      add(MemorySegment.ofArray(new byte[(int) Math.min(missing, 1 << 20)]));
    }
    parts.addFirst(hashed(CompactFile.preamble(headerBytes, size)));
  }

  /** Writes a file, whole or not at all. */
  public static void write(
      Network network, Path file, Overwrite overwrite, Compactness compactness) {
    AtomicFile.write(file, overwrite, new CompactWriter(network, compactness)::forEach);
  }

  /** The bytes of a file; for small models. */
  public static byte[] toBytes(Network network, Compactness compactness) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new CompactWriter(network, compactness)
        .forEach(slice -> bytes.writeBytes(slice.toArray(ValueLayout.JAVA_BYTE)));
    return bytes.toByteArray();
  }

  /** Bytes of the file; takes as long as writing it. */
  public static long size(Network network, Compactness compactness) {
    return new CompactWriter(network, compactness).size;
  }

  /** The header with every offset: a first one tells how long it is. */
  private static Header header(Network network, int modelBytes, Stored graph, Sections sections) {
    Header.Builder header = Header.newBuilder().setOnnxBytes(OnnxWriter.size(network));
    long end = CompactFile.PREAMBLE;
    long offset = 0;
    while (end > offset) {
      offset = CompactFile.aligned(end);
      long at = offset;
      header.setGraph(
          Graph.newBuilder().setOffset(at).setStream(graph.message()).setBytes(modelBytes));
      at = CompactFile.aligned(at + graph.bytes().length);
      header.clearSections();
      for (Sections.Entry entry : sections.entries()) {
        header.addSections(entry.section().toBuilder().setOffset(at));
        at = CompactFile.aligned(at + entry.bytes());
      }
      end = CompactFile.PREAMBLE + (long) header.build().getSerializedSize();
    }
    return header.build();
  }

  private void addAligned(List<MemorySegment> segments) {
    int gap = (int) (CompactFile.aligned(size) - size);
    add(MemorySegment.ofArray(ZEROS).asSlice(0, gap));
    segments.forEach(this::add);
  }

  private void add(MemorySegment segment) {
    parts.add(segment);
    size += segment.byteSize();
  }

  private MemorySegment hashed(MemorySegment preamble) {
    Sha256 digest = new Sha256();
    digest.add(preamble.asSlice(0, CompactFile.HASH_AT));
    parts.forEach(digest::add);
    byte[] hash = digest.bytes();
    MemorySegment.copy(hash, 0, preamble, ValueLayout.JAVA_BYTE, CompactFile.HASH_AT, hash.length);
    return preamble;
  }

  private void forEach(Consumer<MemorySegment> sink) {
    parts.forEach(sink);
  }
}
