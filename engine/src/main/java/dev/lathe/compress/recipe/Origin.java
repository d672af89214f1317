package dev.lathe.compress.recipe;

import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.compress.calibrate.SampleDigest;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import dev.lathe.graph.Network;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.tensor.Sha256;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a network comes from, in the metadata its file keeps: enough to make it again from the
 * network it was made of.
 *
 * @param recipe as {@link Recipe#text} writes it
 * @param source SHA-256 of the network it was made of, as {@link #contentOf}
 * @param samples how many samples were observed and their SHA-256; null when none were
 * @param tool that made it
 */
public record Origin(String recipe, String source, @Nullable String samples, String tool) {

  private static final String RECIPE = "lathe.recipe";
  private static final String SOURCE = "lathe.source";
  private static final String SAMPLES = "lathe.samples";
  private static final String TOOL = "lathe.tool";
  private static final String CONTENT = "lathe.content";

  /**
   * What a network says about where it comes from.
   *
   * @throws InvalidModelException when it says nothing, or is no longer what was written
   */
  public static Origin of(Network network, String place) {
    Map<String, String> metadata = network.metadata();
    String recipe = metadata.get(RECIPE);
    String source = metadata.get(SOURCE);
    String content = metadata.get(CONTENT);
    if (recipe == null || source == null || content == null) {
      throw new InvalidModelException(
          new Problem(
              "the file does not say how it was made",
              place,
              "metadata " + RECIPE + ", " + SOURCE + " and " + CONTENT + " are needed",
              "make it again with 'lathe compress' or another verb that writes models"));
    }
    requireUnaltered(network, content, place);
    return new Origin(
        recipe, source, metadata.get(SAMPLES), metadata.getOrDefault(TOOL, "unknown"));
  }

  /**
   * Checks that a network is what was written, where it says what that was.
   *
   * @return the SHA-256 of its content, or null when it says nothing
   * @throws InvalidModelException when it is no longer that
   */
  public static @Nullable String requireUnaltered(Network network, String place) {
    String content = network.metadata().get(CONTENT);
    if (content != null) {
      requireUnaltered(network, content, place);
    }
    return content;
  }

  private static void requireUnaltered(Network network, String content, String place) {
    String now = contentOf(network);
    if (!now.equals(content)) {
      throw new InvalidModelException(
          new Problem(
              "the content was altered after it was written",
              place,
              "its SHA-256 is " + now + ", it was written with " + content,
              "make it again from its source"));
    }
  }

  /** The network with this in its metadata, and the hash of all the rest. */
  public Network stamp(Network network) {
    Map<String, String> metadata = new LinkedHashMap<>(network.metadata());
    metadata.keySet().removeAll(List.of(RECIPE, SOURCE, SAMPLES, TOOL, CONTENT));
    metadata.put(RECIPE, recipe);
    metadata.put(SOURCE, source);
    if (samples != null) {
      metadata.put(SAMPLES, samples);
    }
    metadata.put(TOOL, tool);
    Network stamped = withMetadata(network, metadata);
    return stamped.withMetadata(CONTENT, contentOf(stamped));
  }

  /** SHA-256 of a network as one ONNX file, without the metadata that holds this hash. */
  public static String contentOf(Network network) {
    Map<String, String> metadata = new LinkedHashMap<>(network.metadata());
    Network content = metadata.remove(CONTENT) == null ? network : withMetadata(network, metadata);
    Sha256 digest = new Sha256();
    OnnxWriter.forEach(content, digest::add);
    return digest.text();
  }

  /** How many samples there are, and the SHA-256 of what a network is fed with. */
  public static String samplesOf(Samples samples, List<ValueInfo> inputs) {
    SampleDigest digest = new SampleDigest();
    long count = 0;
    try (SamplePass pass = samples.open(inputs)) {
      for (SampleBatch batch = pass.next(); batch != null; batch = pass.next()) {
        for (int row = 0; row < batch.count(); row++) {
          digest.add(batch, row);
        }
        count += batch.count();
      }
    }
    return count + ", sha256 " + digest.text();
  }

  private static Network withMetadata(Network network, Map<String, String> metadata) {
    return new Network(
        network.irVersion(),
        network.opsets(),
        network.graph(),
        network.producer(),
        metadata,
        network.opaque());
  }
}
