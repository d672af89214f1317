package dev.lathe.onnx;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.lathe.error.LatheException;
import dev.lathe.graph.Network;
import dev.lathe.onnx.proto.FunctionProto;
import dev.lathe.onnx.proto.ModelProto;
import dev.lathe.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Seeded mutations of valid models: each either loads, and then writes and loads again, or is
 * refused with exit code 3 or 4. Nothing else may come out, and nothing may take long.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FuzzTest {

  private static final int BYTE_MUTATIONS = 20_000;
  private static final int MESSAGE_MUTATIONS = 4_000;
  private static final int SAMPLE_MUTATIONS = 100;

  private static List<ModelProto> seeds() {
    ModelProto.Builder typed =
        Models.withInitializers(
            Models.floats("f", 3, 1, 2, 3),
            Models.head("i", DataType.INT32, 2).addInt32Data(-1).addInt32Data(300).build(),
            Models.head("l", DataType.INT64, 1).addInt64Data(Long.MIN_VALUE).build(),
            Models.head("h", DataType.FLOAT16, 2).addInt32Data(15360).addInt32Data(1).build(),
            Models.head("q", DataType.INT4, 3).addInt32Data(0x21).addInt32Data(3).build(),
            Models.head("s", DataType.STRING, 1).addStringData(ByteString.EMPTY).build(),
            Models.external("e", "e.bin", 0, 8, 2));
    ModelProto.Builder local = Models.withInitializers(Models.raw("b", DataType.BOOL, 2, 2));
    local.addFunctions(FunctionProto.newBuilder().setName("f").setDomain("d"));
    ModelProto.Builder inside = Models.withInitializers();
    inside
        .getGraphBuilder()
        .setNode(
            0,
            inside.getGraph().getNode(0).toBuilder()
                .addAttribute(Models.graphAttribute("body", Models.small().getGraph())));
    return List.of(
        Models.small().build(),
        typed.clone().build(),
        typed.clone().setGraph(typed.getGraphBuilder().clone().removeInitializer(6)).build(),
        local.build(),
        inside.build());
  }

  /** Tries one input; says whether it loaded. */
  private static boolean survives(byte[] model, String what) {
    long start = System.nanoTime();
    boolean loaded = false;
    try {
      Network network = OnnxReader.read(model, warning -> {});
      byte[] written = OnnxWriter.toBytes(network);
      loaded = true;
      if (!Arrays.equals(OnnxWriter.toBytes(OnnxReader.read(written, warning -> {})), written)) {
        fail(what + " changes when it is written again");
      }
    } catch (LatheException e) {
      if (loaded || (e.exitCode() != 3 && e.exitCode() != 4)) {
        fail(what, e);
      }
      if (e.problems().stream().anyMatch(problem -> problem.where().isEmpty())) {
        fail(what + " is refused without a place", e);
      }
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      fail(what, e);
    }
    if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(20)) {
      fail(what + " takes too long");
    }
    return loaded;
  }

  @Test
  void mutatedBytes() {
    List<byte[]> seeds = seeds().stream().map(ModelProto::toByteArray).toList();
    int loaded = 0;
    for (int i = 0; i < BYTE_MUTATIONS; i++) {
      Random random = new Random(i);
      byte[] model = seeds.get(random.nextInt(seeds.size()));
      for (int round = random.nextInt(3); round >= 0; round--) {
        model = mutate(model, seeds, random);
      }
      loaded += survives(model, "byte mutation " + i) ? 1 : 0;
    }
    assertThat(loaded).as("some mutations are harmless, most are not").isBetween(100, 18_000);
  }

  @Test
  void mutatedBytesOfTheSample() throws IOException {
    byte[] sample;
    try (InputStream stream =
        FuzzTest.class.getResourceAsStream("/dev/lathe/sample/fashion-cnn.onnx")) {
      assumeTrue(stream != null, "needs the sample model");
      sample = requireNonNull(stream).readAllBytes();
    }
    assertThat(OnnxWriter.toBytes(OnnxReader.read(sample))).isEqualTo(sample);
    for (int i = 0; i < SAMPLE_MUTATIONS; i++) {
      byte[] model = mutate(sample, List.of(sample), new Random(i));
      survives(model, "sample mutation " + i);
    }
  }

  private static byte[] mutate(byte[] model, List<byte[]> seeds, Random random) {
    if (model.length == 0) {
      return model;
    }
    int at = random.nextInt(model.length);
    int count = Math.min(1 + random.nextInt(40), model.length - at);
    return switch (random.nextInt(7)) {
      case 0 -> {
        byte[] flipped = model.clone();
        flipped[at] ^= (byte) (1 << random.nextInt(8));
        yield flipped;
      }
      case 1 -> {
        byte[] changed = model.clone();
        changed[at] = new byte[] {0, 1, 0x7F, -1, -128, 0x3A}[random.nextInt(6)];
        yield changed;
      }
      case 2 -> Arrays.copyOf(model, at);
      case 3 -> splice(model, at, at + count, new byte[0]);
      case 4 -> {
        byte[] other = seeds.get(random.nextInt(seeds.size()));
        int from = random.nextInt(other.length);
        int length = Math.min(1 + random.nextInt(200), other.length - from);
        yield splice(model, at, at, Arrays.copyOfRange(other, from, from + length));
      }
      case 5 -> editLength(model, random);
      default -> duplicateField(model, random);
    };
  }

  /** The model with {@code [from, to)} replaced. */
  private static byte[] splice(byte[] model, int from, int to, byte[] with) {
    ByteString bytes = ByteString.copyFrom(model);
    return bytes
        .substring(0, from)
        .concat(ByteString.copyFrom(with))
        .concat(bytes.substring(to))
        .toByteArray();
  }

  private static List<Wire.Field> fields(byte[] model) {
    List<Wire.Field> fields = new ArrayList<>();
    try {
      Wire wire = Wire.ofFile(java.lang.foreign.MemorySegment.ofArray(model), new Budget(), "seed");
      fields.addAll(wire.fields());
      for (int i = 0; i < fields.size(); i++) {
        if (fields.get(i).isDelimited()) {
          collect(fields.get(i), fields);
        }
      }
    } catch (LatheException e) {
      // Already broken by an earlier round: what was found so far will do.
      return fields;
    }
    return fields;
  }

  private static void collect(Wire.Field field, List<Wire.Field> fields) {
    try {
      fields.addAll(field.split("inner").fields());
    } catch (LatheException e) {
      assertThat(e.exitCode()).as("a string, not a message").isBetween(3, 4);
    }
  }

  private static byte[] editLength(byte[] model, Random random) {
    List<Wire.Field> delimited = fields(model).stream().filter(Wire.Field::isDelimited).toList();
    if (delimited.isEmpty()) {
      return model;
    }
    Wire.Field field = delimited.get(random.nextInt(delimited.size()));
    byte[] edited = model.clone();
    int lengthAt = (int) field.begin() - 1;
    edited[lengthAt] = (byte) (random.nextBoolean() ? random.nextInt() : edited[lengthAt] + 1);
    return edited;
  }

  private static byte[] duplicateField(byte[] model, Random random) {
    List<Wire.Field> fields = fields(model);
    if (fields.isEmpty()) {
      return model;
    }
    Wire.Field field = fields.get(random.nextInt(fields.size()));
    Wire.Field after = fields.get(random.nextInt(fields.size()));
    byte[] copy = Arrays.copyOfRange(model, (int) field.start(), (int) field.end());
    return splice(model, (int) after.end(), (int) after.end(), copy);
  }

  /**
   * Messages that parse, with contents no exporter writes: the mutations get past the outer checks.
   */
  @Test
  void mutatedMessages() {
    List<ModelProto> seeds = seeds();
    int loaded = 0;
    for (int i = 0; i < MESSAGE_MUTATIONS; i++) {
      Random random = new Random(i);
      ModelProto.Builder model = seeds.get(random.nextInt(seeds.size())).toBuilder();
      for (int round = random.nextInt(3); round >= 0; round--) {
        MessageMutator.mutate(model, random);
      }
      loaded += survives(model.build().toByteArray(), "message mutation " + i) ? 1 : 0;
    }
    assertThat(loaded).as("some mutations are harmless, some are not").isBetween(300, 3_900);
  }

  @Test
  void messageMutationsChangeSomething() {
    ModelProto seed = Models.small().build();
    int changed = 0;
    for (int i = 0; i < 200; i++) {
      Message.Builder model = seed.toBuilder();
      MessageMutator.mutate(model, new Random(i));
      changed += model.build().equals(seed) ? 0 : 1;
    }
    assertThat(changed).isGreaterThan(100);
  }
}
