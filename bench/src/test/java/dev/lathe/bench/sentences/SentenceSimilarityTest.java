package dev.lathe.bench.sentences;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.lathe.bench.OrtPeer;
import dev.lathe.measure.Peer.PeerSession;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sentence similarity as people rated it, predicted with Lathe and with ONNX Runtime: the rank
 * correlations must be the same. Needs {@code ../shared/data/stsb/sts-test.csv}; skipped without.
 */
class SentenceSimilarityTest {

  private static final Path DATA = Path.of("../../shared/data/stsb/sts-test.csv");
  private static final double LIMIT = 0.002;

  /** Columns of the file: genre, file, year, id, rating from 0 to 5, two sentences. */
  private record Pair(double rating, String first, String second) {

    static Pair parse(String line) {
      String[] columns = line.split("\t", -1);
      return new Pair(Double.parseDouble(columns[4]), columns[5], columns[6]);
    }
  }

  @Test
  void ranksSentencePairsAsOnnxRuntimeDoes(@TempDir Path folder) throws IOException {
    assumeTrue(Files.exists(DATA), DATA + " is absent");
    List<Pair> pairs;
    try (Stream<String> lines = Files.lines(DATA)) {
      pairs = lines.filter(line -> !line.isBlank()).map(Pair::parse).toList();
    }
    Map<String, List<Tensor>> encoded = encode(pairs);
    Path file = MiniLm.extract(folder);
    double ours;
    double theirs;
    try (NetworkRunner runner =
            new NetworkRunner(OnnxReader.read(file), RunOptions.standard().withThreads(1));
        PeerSession peer = new OrtPeer().open(file, 1)) {
      ours = correlation(pairs, encoded, runner::run);
      theirs = correlation(pairs, encoded, peer::run);
    }
    String report = String.format(Locale.ROOT, "Lathe %.5f, ONNX Runtime %.5f", ours, theirs);
    System.getLogger(SentenceSimilarityTest.class.getName())
        .log(System.Logger.Level.INFO, "Spearman of all pairs: " + report);
    assertThat(theirs).isGreaterThan(0.8);
    assertThat(ours).isCloseTo(theirs, within(LIMIT));
  }

  /** The inputs of every sentence, the shortest sentences first. */
  private static Map<String, List<Tensor>> encode(List<Pair> pairs) throws IOException {
    Map<String, List<Tensor>> encoded = new HashMap<>();
    try (InputStream in = MiniLm.resource("all-minilm-l6-v2-tokenizer.json");
        HuggingFaceTokenizer tokenizer =
            HuggingFaceTokenizer.newInstance(in, Map.of("padding", "false"))) {
      for (Pair pair : pairs) {
        for (String sentence : List.of(pair.first, pair.second)) {
          Encoding encoding = tokenizer.encode(sentence);
          encoded.put(sentence, MiniLm.inputs(encoding.getIds(), encoding.getAttentionMask(), 1));
        }
      }
    }
    return encoded;
  }

  private static double correlation(
      List<Pair> pairs, Map<String, List<Tensor>> encoded, UnaryOperator<List<Tensor>> model) {
    Map<String, float[]> embeddings = new HashMap<>();
    encoded.entrySet().stream()
        .sorted(Comparator.comparingLong(entry -> entry.getValue().getFirst().elements()))
        .forEach(
            entry ->
                embeddings.put(
                    entry.getKey(), MiniLm.embedding(model.apply(entry.getValue()).getFirst())));
    double[] predicted =
        pairs.stream()
            .mapToDouble(pair -> dot(embeddings.get(pair.first), embeddings.get(pair.second)))
            .toArray();
    return pearson(ranks(predicted), ranks(pairs.stream().mapToDouble(Pair::rating).toArray()));
  }

  private static double dot(float[] a, float[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> (double) a[i] * b[i]).sum();
  }

  /** Ranks; equal values share the mean of theirs. */
  private static double[] ranks(double[] values) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, values.length).boxed().toList());
    order.sort(Comparator.comparingDouble(i -> values[i]));
    double[] ranks = new double[values.length];
    for (int from = 0, to; from < values.length; from = to) {
      to = from + 1;
      while (to < values.length && values[order.get(to)] == values[order.get(from)]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order.get(i)] = (from + to - 1) / 2.0;
      }
    }
    return ranks;
  }

  private static double pearson(double[] a, double[] b) {
    double meanA = Arrays.stream(a).average().orElseThrow();
    double meanB = Arrays.stream(b).average().orElseThrow();
    double cross = 0;
    double squareA = 0;
    double squareB = 0;
    for (int i = 0; i < a.length; i++) {
      cross += (a[i] - meanA) * (b[i] - meanB);
      squareA += (a[i] - meanA) * (a[i] - meanA);
      squareB += (b[i] - meanB) * (b[i] - meanB);
    }
    return cross / Math.sqrt(squareA * squareB);
  }
}
