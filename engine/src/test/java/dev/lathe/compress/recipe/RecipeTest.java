package dev.lathe.compress.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.Model;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.quantize.QuantizeWeights;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.scheme.WeightSchemes;
import dev.lathe.compress.share.ShareMethod;
import dev.lathe.compress.share.ShareWeights;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.sample.SampleData;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeTest {

  private static Network sample() throws IOException {
    return OnnxReader.read(SampleData.MODEL.bytes());
  }

  private static Recipe recipe(String... steps) {
    return Recipe.parse("steps:\n" + String.join("\n", steps), "test.yaml", false);
  }

  private static Network run(Network network, String... steps) {
    return recipe(steps).run(network, CompressionContext.none()).network();
  }

  @Test
  void stepsAreTheMethodsOfJava() throws IOException {
    Network made = run(sample(), "- prune: {sparsity: 0.5}", "- quantize: {weights: 'kmeans:16'}");
    Network same =
        Model.of(sample())
            .transform(Prune.byMagnitude(0.5), QuantizeWeights.by("kmeans:16"))
            .network();
    assertThat(OnnxWriter.toBytes(made)).isEqualTo(OnnxWriter.toBytes(same));
  }

  /** Every verb that compresses is a step, and does in a recipe what it does in Java. */
  @Test
  void sharingIsAStep() throws IOException {
    for (var entry :
        Map.of(
                "{}",
                ShareWeights.codebooks(16),
                "{method: hash, codes: 8, seed: 3, granularity: channel}",
                ShareWeights.codebooks(2)
                    .withMethod(
                        new ShareMethod.Codes(
                            WeightSchemes.parse("hash:8,3"), WeightGranularity.CHANNEL)),
                "{method: filters, tolerance: 0.5, exclude: fc}",
                ShareWeights.codebooks(2)
                    .withMethod(new ShareMethod.Filters(0.5))
                    .withNodes(null, Pattern.compile("fc")),
                "{method: layers, tolerance: 0.9}",
                ShareWeights.codebooks(2).withMethod(new ShareMethod.Layers(0.9)))
            .entrySet()) {
      Network made = run(sample(), "- share: " + entry.getKey());
      assertThat(OnnxWriter.toBytes(made))
          .as(entry.getKey())
          .isEqualTo(OnnxWriter.toBytes(entry.getValue().apply(sample())));
    }
  }

  @Test
  void theTextOfARecipeIsTheRecipe() throws IOException {
    Recipe recipe =
        recipe(
            "- simplify",
            "- prune: {method: random, sparsity: 0.3, exclude: x$}",
            "- quantize: {weights: int4, granularity: tensor, scheme: affine}");
    String text = recipe.text(false);
    assertThat(text)
        .contains("\"seed\":1", "\"granularity\":\"weight\"", "\"activations\":\"none\"")
        .doesNotContain("samples");
    Recipe again = Recipe.parse(text, "text", false);
    assertThat(again.text(false)).isEqualTo(text);
    assertThat(again.describe()).isEqualTo(recipe.describe());
    Recipe sampled = Recipe.parse("{samples: 7, batch: 2, steps: [simplify]}", "t", true);
    assertThat(sampled.sampling()).isEqualTo(new Sampling(7, 2, null));
    assertThat(sampled.text(true)).contains("\"samples\":7", "\"batch\":2");
  }

  @Test
  void aScheduleIsKeptAndItsEndIsPruned() throws IOException {
    String given = "{end: 1000, frequency: 250, to: 0.8, start: 0}";
    Recipe recipe = recipe("- prune: {global: true, schedule: " + given + "}");
    assertThat(recipe.text(false))
        .contains("\"curve\":\"cubic\"", "\"from\":0.0", "\"frequency\":250");
    Recipe again = Recipe.parse(recipe.text(false), "text", false);
    assertThat(again.text(false)).isEqualTo(recipe.text(false));
    assertThat(again.describe()).isEqualTo(recipe.describe());
    Recipe flat = recipe("- prune: {global: true, schedule: 'to:0.8, end:1000,frequency:250'}");
    assertThat(flat.describe()).isEqualTo(recipe.describe());
    Recipe.Result result = recipe.run(sample(), CompressionContext.none());
    assertThat(result.warnings()).anyMatch(warning -> warning.contains("nothing is trained here"));
    Network network = result.network();
    assertThat(network.metadata().get(Prune.METADATA_KEY))
        .contains("cubic from 0.0 at step 0 to 0.8 at step 1000, every 250");
    Network same = run(sample(), "- prune: {global: true, sparsity: 0.8}");
    assertThat(OnnxWriter.toBytes(network.withMetadata(Prune.METADATA_KEY, "")))
        .isEqualTo(OnnxWriter.toBytes(same.withMetadata(Prune.METADATA_KEY, "")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "steps: [{prun: {}}]            | unknown step 'prun' | line 1, step 1 | prune, quantize",
        "steps: [{prune: {sparsty: 1}}] | unknown setting 'sparsty' | step 1 (prune) | sparsity",
        "steps: [{prune: {sparsity: 1.2}}] | from 0 to 1 | step 1 (prune) | 0.8",
        "steps: [{prune: {sparsity: x}}] | sparsity 'x' | step 1 (prune) | a number",
        "steps: [{prune: {}}]           | sparsity is missing | step 1 (prune) | zeroed",
        "steps: [{prune: {sparsity: 1, nodes: '('}}] | nodes '(' | step 1 | regular expression",
        "steps: [{prune: {sparsity: 1, target-macs: 1}}] | target-macs has no meaning | step 1 |"
            + " channel",
        "steps: [{prune: {schedule: {end: 9, frequency: 3}}}] | schedule to is missing | step 1 |"
            + " end",
        "steps: [{prune: {schedule: {end: 9, frequency: 2, to: 1}}}] | no sense | step 1 | whole",
        "steps: [{prune: {schedule: {to: 0.5, every: 2}}}] | schedule | step 1 | 'every:2' is none",
        "steps: [{prune: {schedule: 0.5}}] | schedule '0.5' | step 1 | is none of start:, end:",
        "steps: [{prune: {schedule: {end: 9, frequency: 1, to: 1, curve: s}}}] | curve | 's' |"
            + " linear",
        "steps: [{prune: {sparsity: 1, schedule: {end: 9, frequency: 1, to: 1}}}] | sparsity has |"
            + " step 1 | schedule",
        "steps: [{prune: {sparsity: 1, seed: 2}}] | seed has no meaning | step 1 | draws nothing",
        "steps: [{share: {method: hash}}] | codes is missing | step 1 (share) | values are left",
        "steps: [{share: {method: layers, tolerance: 0.1, codes: 4}}] | codes has no meaning | "
            + "step 1 | whole filters",
        "steps: [{share: {codes: 1}}]   | kmeans:1 | step 1 (share) | ",
        "steps: [{share: {method: pairs}}] | unknown method | step 1 (share) | codebook, hash",
        "steps: [{quantize: {weights: int0}}] | int0 | step 1 (quantize) | ",
        "steps: [{quantize: {calibrate: mse}}] | calibrate has no meaning here | step 1 | ",
        "steps: [{quantize: {activations: int8}}] | data to calibrate with | step 1 | --data",
        "steps: [{simplify: {}, prune: {}}] | step 1 is no verb | line 1 | write",
        "steps: [{prune: {sparsity: {a: 1}}}] | keys where a value is expected | line 1 | ",
        "steps: [{prune: {sparsity: 1, sparsity: 0}}] | there twice | line 1 | ",
        "steps: []                      | without steps | line 1 | steps:",
        "step: [simplify]               | unknown key 'step' | line 1 | steps",
        "just text                      | no list of keys | line 1 | key: value",
        "'{steps: ['                    | no YAML | test.yaml | ",
        "{samples: 0, steps: [simplify]} | at least 1 | samples 0 | "
      })
  void nonsenseIsRefusedWithItsPlace(String text, String what, String where, String more) {
    String yaml = text.startsWith("'") ? text.substring(1, text.length() - 1) : text;
    assertThatThrownBy(() -> Recipe.parse(yaml, "test.yaml", false))
        .isInstanceOf(UsageException.class)
        .message()
        .contains(what, where, more == null ? "" : more);
  }

  /** The weights of products by output channel, as the product sees them. */
  private static Map<String, Tensor> weights(Network network) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    Map<String, Node> dequantized = new HashMap<>();
    network.graph().nodes().stream()
        .filter(node -> node.is("DequantizeLinear"))
        .forEach(node -> dequantized.put(node.output(0), node));
    for (Node node : network.graph().nodes()) {
      if (node.is("Conv") || node.is("Gemm")) {
        Node levels = dequantized.get(node.input(1));
        String name = levels == null ? node.input(1) : levels.input(0);
        weights.put(node.name(), network.graph().constants().get(name));
      }
    }
    return weights;
  }

  private static double value(Tensor tensor, long i) {
    return tensor.dtype().isInteger() ? tensor.integer(i) : tensor.real(i);
  }

  @Test
  void pruneThenQuantizeKeepsZeros() throws IOException {
    Network pruned = run(sample(), "- prune: {sparsity: 0.6}");
    Map<String, Tensor> before = weights(pruned);
    for (String step : new String[] {"int8", "int4", "'kmeans:8'", "fp8e4m3", "ternary"}) {
      weights(run(pruned, "- quantize: {weights: " + step + "}"))
          .forEach(
              (node, after) -> {
                Tensor zeros = before.get(node);
                for (long i = 0; i < zeros.elements(); i++) {
                  if (zeros.real(i) == 0) {
                    assertThat(value(after, i)).as(step + " " + node).isZero();
                  }
                }
              });
    }
  }

  /** Equal values of a channel stay equal: its levels are at most as many as its codebook. */
  @Test
  void clusterThenQuantizeKeepsTheCodebook() throws IOException {
    Network clustered = run(sample(), "- quantize: {weights: 'kmeans:8'}");
    Map<String, Tensor> before = weights(clustered);
    weights(run(clustered, "- quantize: {weights: int8}"))
        .forEach(
            (node, after) -> {
              Tensor values = before.get(node);
              long channel = values.elements() / values.shape().dim(0);
              for (long c = 0; c < values.shape().dim(0); c++) {
                Map<Double, Double> codes = new HashMap<>();
                Set<Double> levels = new HashSet<>();
                for (long i = c * channel; i < (c + 1) * channel; i++) {
                  double level = value(after, i);
                  Double known = codes.putIfAbsent(values.real(i), level);
                  assertThat(known == null || known == level).as(node).isTrue();
                  levels.add(level);
                }
                assertThat(levels).hasSizeLessThanOrEqualTo(8);
              }
            });
  }

  @ParameterizedTest
  @CsvSource({"int8, symmetric", "int4, affine"})
  void quantizeThenPruneKeepsTheOtherLevels(String weights, String scheme) throws IOException {
    Network quantized =
        run(sample(), "- quantize: {weights: " + weights + ", scheme: " + scheme + "}");
    Recipe.Result result =
        recipe("- prune: {sparsity: 0.5}").run(quantized, CompressionContext.none());
    Map<String, Tensor> before = weights(quantized);
    Map<String, Tensor> after = weights(result.network());
    assertThat(result.network().graph().nodes()).isEqualTo(quantized.graph().nodes());
    long changed = 0;
    for (Map.Entry<String, Tensor> entry : after.entrySet()) {
      Tensor old = before.get(entry.getKey());
      Map<Double, Long> zeroed = new HashMap<>();
      for (long i = 0; i < old.elements(); i++) {
        double level = value(entry.getValue(), i);
        if (level != value(old, i)) {
          zeroed.merge(level, 1L, Long::sum);
          changed++;
        }
      }
      if (scheme.equals("symmetric")) {
        assertThat(zeroed.keySet()).isSubsetOf(Set.of(0.0));
      }
    }
    assertThat(changed).isPositive();
    Network again = run(result.network(), "- prune: {sparsity: 0.5}");
    assertThat(weights(again).toString()).isEqualTo(after.toString());
    assertThat(OnnxWriter.toBytes(again)).isEqualTo(OnnxWriter.toBytes(result.network()));
  }
}
