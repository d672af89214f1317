package dev.lathe.compact;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.lathe.compact.proto.Graph;
import dev.lathe.compact.proto.Header;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import dev.lathe.graph.Network;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.tensor.Sha256;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.util.function.Consumer;

/**
 * Reads compact files. Tensors stored as they are point into {@code file}; the others are unpacked
 * into memory of at most 64 MiB and 64 times the file's size.
 *
 * <p>All methods throw {@link InvalidModelException} for a file that is truncated, altered or
 * inconsistent, naming the place.
 */
public final class CompactReader {

  private final MemorySegment file;
  private final String source;

  private CompactReader(MemorySegment file, String source) {
    this.file = file;
    this.source = source;
  }

  /** Whether bytes start as a compact file does. */
  public static boolean isCompact(MemorySegment file) {
    return CompactFile.startsLike(file);
  }

  /**
   * Reads a file.
   *
   * @param file its bytes, usually mapped
   * @param source names it in messages
   */
  public static Network read(MemorySegment file, String source, Consumer<Problem> warnings) {
    return new CompactReader(file, source).read(warnings);
  }

  private Network read(Consumer<Problem> warnings) {
    int headerBytes = checkPreamble();
    checkHash();
    Header header = header(headerBytes);
    Graph graph = header.getGraph();
    long headerEnd = CompactFile.PREAMBLE + (long) headerBytes;
    long graphEnd =
        header.getSectionsCount() > 0 ? header.getSections(0).getOffset() : file.byteSize();
    boolean inside =
        graph.getOffset() >= headerEnd
            && graphEnd >= graph.getOffset()
            && graphEnd <= file.byteSize();
    long most = CompactFile.mostUnpacked(file.byteSize());
    if (!inside || graph.getBytes() < 0 || graph.getBytes() > most) {
      throw invalid(
          "graph of "
              + Long.toUnsignedString(graph.getBytes())
              + " bytes at byte "
              + Long.toUnsignedString(graph.getOffset()),
          "header",
          "at most " + most + " bytes are read for the size of the file");
    }
    SectionTable.check(
        header.getSectionsList(), graphEnd, file.byteSize(), most - graph.getBytes());
    byte[] model =
        new SectionCursor(file, graph.getOffset(), graphEnd, source + ", graph")
            .next(graph.getStream(), graph.getBytes());
    SectionTable sections = new SectionTable(file, header.getSectionsList());
    return OnnxReader.read(MemorySegment.ofArray(model), source, sections, warnings);
  }

  /** Checks what comes before the header. */
  private int checkPreamble() {
    if (file.byteSize() < CompactFile.PREAMBLE) {
      throw invalid("truncated", "byte " + file.byteSize(), "not even the preamble is there");
    }
    int version = CompactFile.version(file);
    if (version != CompactFile.VERSION) {
      throw new InvalidModelException(
          new Problem(
              "compact file of version " + Integer.toUnsignedString(version),
              source,
              "this version of Lathe reads version " + CompactFile.VERSION,
              "use the version of Lathe that wrote it, or write the model again"));
    }
    long claimed = file.get(Tensor.I64, CompactFile.FILE_BYTES_AT);
    if (claimed != file.byteSize()) {
      throw invalid(
          claimed > file.byteSize() ? "truncated" : "bytes follow its end",
          "byte " + file.byteSize(),
          "it was written with " + Long.toUnsignedString(claimed));
    }
    int headerBytes = file.get(Tensor.I32, CompactFile.HEADER_BYTES_AT);
    long most = Math.min(CompactFile.MAX_HEADER, file.byteSize() - CompactFile.PREAMBLE);
    if (headerBytes < 0 || headerBytes > most) {
      throw invalid(
          "header of " + Integer.toUnsignedString(headerBytes) + " bytes",
          "preamble",
          "at most " + most + " are read");
    }
    return headerBytes;
  }

  private void checkHash() {
    Sha256 digest = new Sha256();
    digest.add(file.asSlice(0, CompactFile.HASH_AT));
    digest.add(file.asSlice(CompactFile.PREAMBLE));
    byte[] wanted = file.asSlice(CompactFile.HASH_AT, 32).toArray(ValueLayout.JAVA_BYTE);
    if (!MessageDigest.isEqual(digest.bytes(), wanted)) {
      throw invalid("its content was altered", "whole file", "it does not have its SHA-256");
    }
  }

  private Header header(int bytes) {
    try {
      CodedInputStream input =
          CodedInputStream.newInstance(file.asSlice(CompactFile.PREAMBLE, bytes).asByteBuffer());
      return Header.parseFrom(input);
    } catch (InvalidProtocolBufferException e) {
      throw invalid(
          "malformed header", "byte " + CompactFile.PREAMBLE, String.valueOf(e.getMessage()));
    } catch (java.io.IOException e) {
      throw new IllegalStateException("reading memory does no input", e);
    }
  }

  private InvalidModelException invalid(String what, String where, String why) {
    return CompactErrors.invalid(what, source + ", " + where, why);
  }
}
