package dev.lathe.compact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.fail;

import dev.lathe.compact.proto.Header;
import dev.lathe.compact.proto.Section;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.LatheException;
import dev.lathe.graph.Network;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Sha256;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Damaged and hostile files are refused, with the place, and never ask for much memory. */
class HostileFileTest {

  private static byte[] file() {
    Random random = new Random(1);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    float[] sparse = new float[600];
    float[] book = new float[600];
    float[] any = new float[600];
    byte[] levels = new byte[2000];
    for (int i = 0; i < 600; i++) {
      sparse[i] = i % 7 == 0 ? random.nextFloat() : 0;
      book[i] = random.nextInt(5) * 0.3f;
      any[i] = random.nextFloat();
    }
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) random.nextInt(6);
    }
    tensors.put("sparse", Tensor.of(sparse, 600));
    tensors.put("book", Tensor.of(book, 60, 10));
    tensors.put("any", Tensor.of(any, 600));
    tensors.put("levels", Tensor.of(DType.INT8, levels, 2000));
    return CompactWriter.toBytes(RoundTripTest.network(tensors), Compactness.SMALL);
  }

  /** A file with the right size and hash, whatever else is wrong with it. */
  private static byte[] sealed(byte[] file) {
    byte[] copy = file.clone();
    MemorySegment segment = MemorySegment.ofArray(copy);
    segment.set(Tensor.I64, CompactFile.FILE_BYTES_AT, copy.length);
    Sha256 digest = new Sha256();
    digest.add(segment.asSlice(0, CompactFile.HASH_AT));
    digest.add(segment.asSlice(CompactFile.PREAMBLE));
    byte[] hash = digest.bytes();
    System.arraycopy(hash, 0, copy, CompactFile.HASH_AT, hash.length);
    return copy;
  }

  private static void refused(byte[] file, String... words) {
    assertThatThrownBy(() -> RoundTripTest.read(file))
        .isInstanceOf(InvalidModelException.class)
        .message()
        .contains(words);
  }

  @Test
  void truncatedAnywhere() {
    byte[] file = file();
    for (int length = 8; length < file.length; length += 11) {
      refused(Arrays.copyOf(file, length), "truncated", "test.lathe");
    }
    refused(Arrays.copyOf(file, file.length + 1), "bytes follow its end");
  }

  @Test
  void alteredAnywhere() {
    byte[] file = file();
    for (int at = 0; at < file.length; at += 3) {
      byte[] copy = file.clone();
      copy[at] ^= 1;
      if (at < 8) {
        assertThat(CompactReader.isCompact(MemorySegment.ofArray(copy))).isFalse();
      } else {
        refused(copy, "test.lathe");
      }
    }
    byte[] copy = file.clone();
    copy[file.length - 1] ^= 1;
    refused(copy, "altered", "SHA-256");
  }

  @Test
  void anotherVersion() {
    byte[] file = file();
    file[8] = 9;
    refused(file, "version 9", "reads version 1");
  }

  /** A file whose header says something else. */
  private static byte[] withHeader(byte[] file, UnaryOperator<Header.Builder> change) {
    ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int size = buffer.getInt(CompactFile.HEADER_BYTES_AT);
    try {
      Header header = Header.parseFrom(ByteBuffer.wrap(file, CompactFile.PREAMBLE, size));
      byte[] changed = change.apply(header.toBuilder()).build().toByteArray();
      // The header may grow into the gap before the graph; its place does not change.
      int room = (int) header.getGraph().getOffset() - CompactFile.PREAMBLE;
      assertThat(changed.length).isLessThanOrEqualTo(room);
      byte[] copy = file.clone();
      System.arraycopy(changed, 0, copy, CompactFile.PREAMBLE, changed.length);
      ByteBuffer.wrap(copy)
          .order(ByteOrder.LITTLE_ENDIAN)
          .putInt(CompactFile.HEADER_BYTES_AT, changed.length);
      return sealed(copy);
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] withSection(byte[] file, int index, UnaryOperator<Section.Builder> change) {
    return withHeader(
        file,
        header -> header.setSections(index, change.apply(header.getSections(index).toBuilder())));
  }

  @Test
  void sectionsOutsideOrOverEachOther() {
    byte[] file = file();
    refused(withSection(file, 1, s -> s.setOffset(s.getOffset() - 128)), "section");
    refused(withSection(file, 1, s -> s.setOffset(s.getOffset() + 1)), "section 1", "multiples");
    refused(withSection(file, 3, s -> s.setOffset(1L << 40)), "section");
    refused(withSection(file, 0, s -> s.setOffset(64)), "graph");
    refused(withSection(file, 0, s -> s.setOffset(-64)), "graph");
    refused(withHeader(file, h -> h.removeSections(3)), "no section 3", "'levels'");
  }

  @Test
  void absurdSizes() {
    byte[] file = file();
    refused(withSection(file, 0, s -> s.setCount(Long.MAX_VALUE)), "section 0", "elements");
    refused(withSection(file, 0, s -> s.setCount(1L << 40)), "section 0", "unpacked");
    refused(withSection(file, 0, s -> s.setCount(599)), "section 0", "2396 bytes");
    refused(withSection(file, 0, s -> s.setBits(17)), "elements of 17 bits");
    refused(
        withHeader(file, h -> h.setGraph(h.getGraphBuilder().setBytes(1L << 40))),
        "graph",
        "bytes");
    byte[] header = file.clone();
    header[15] = 0x7f;
    refused(header, "header of");
  }

  /** The hash of these files is right, so that everything behind it is reached. */
  @Test
  void mutatedButSealed() {
    byte[] file = file();
    int loaded = 0;
    for (int seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      byte[] copy = file.clone();
      for (int round = random.nextInt(3); round >= 0; round--) {
        // Most of them in the header and the graph.
        int end = random.nextInt(4) == 0 ? file.length : 1200;
        copy[CompactFile.PREAMBLE + random.nextInt(end - CompactFile.PREAMBLE)] =
            (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(4));
      }
      try {
        Network network = RoundTripTest.read(sealed(copy));
        OnnxWriter.toBytes(network);
        loaded++;
      } catch (LatheException e) {
        assertThat(e.exitCode()).isIn(3, 4);
        assertThat(e.problems()).allMatch(problem -> !problem.where().isEmpty());
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        fail("mutation " + seed, e);
      }
    }
    assertThat(loaded).as("some mutations are harmless, most are not").isBetween(20, 1800);
  }
}
