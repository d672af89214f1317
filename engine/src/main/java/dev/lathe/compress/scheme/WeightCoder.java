package dev.lathe.compress.scheme;

import dev.lathe.compress.Outcome;
import dev.lathe.compress.Provenance;
import dev.lathe.compress.weights.SelectedWeights;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightFinder;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.quant.QuantError;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replaces the float32 weights of Conv, Gemm and MatMul by values a scheme can hold, as a dense
 * float32 twin of the code. Nodes say in their metadata which scheme that is.
 */
public final class WeightCoder {

  /** Key of the node metadata that names the code of a weight. */
  public static final String NODE_KEY = "lathe.weights";

  /** First IR version whose nodes carry metadata. */
  private static final long IR_VERSION = 10;

  private WeightCoder() {}

  /** The coded network and what happened to its weights. */
  public record Result(Network network, CodeReport report) implements Outcome {

    @Override
    public List<String> kept() {
      return report.kept();
    }

    @Override
    public List<String> warnings() {
      return report.warnings();
    }
  }

  /** What a scheme makes of one weight. */
  public static WeightCode encode(
      Weight weight, WeightScheme scheme, WeightGranularity granularity) {
    return scheme.encode(WeightMatrix.floats(weight), granularity.pieces(weight.view()));
  }

  /** As in {@code kmeans:16,linear per channel}. */
  public static String describe(WeightScheme scheme, WeightGranularity granularity) {
    return scheme.name() + (scheme.hasParameters() ? " per " + granularity : "");
  }

  /**
   * Codes the weights.
   *
   * @param reference the graph whose weights errors are measured against
   * @param include only nodes whose name contains a match, or null for all
   * @param exclude no nodes whose name contains a match, or null for none
   * @param key of the network metadata
   * @param step what is done, for that metadata
   * @param sink receives each weight with its code
   * @throws dev.lathe.error.UsageException when no weight is left, or a pattern matches no node
   * @throws dev.lathe.error.InvalidModelException when a weight holds NaN or infinity
   */
  public static Result run(
      Network given,
      Graph reference,
      WeightScheme scheme,
      WeightGranularity granularity,
      @Nullable Pattern include,
      @Nullable Pattern exclude,
      String key,
      String step,
      BiConsumer<Weight, WeightCode> sink) {
    Network network = SelectedWeights.prepared(given);
    SelectedWeights selected =
        SelectedWeights.of(network.graph(), WeightFinder.Scope.CODED, include, exclude);
    Map<String, Tensor> constants = new LinkedHashMap<>(selected.graph().constants());
    Map<String, QuantError> errors = new HashMap<>();
    List<CodeReport.Layer> layers = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    WeightScheme convolutions = forClass(scheme, selected.weights(), true);
    WeightScheme products = forClass(scheme, selected.weights(), false);
    for (Weight weight : selected.weights()) {
      WeightScheme chosen = isConvolution(weight) ? convolutions : products;
      WeightCode code = encode(weight, chosen, granularity);
      sink.accept(weight, code);
      Tensor tensor = weight.tensor();
      Tensor twin = WeightMatrix.tensor(weight, code.values());
      QuantError error =
          QuantError.between(reference.constants().getOrDefault(weight.name(), tensor), twin);
      constants.put(weight.name(), twin);
      errors.put(weight.name(), error);
      CodeReport.Layer layer = layer(weight, chosen, code, error);
      layers.add(layer);
      if (layer.bytesAfter() > layer.bytesBefore()) {
        warnings.add(
            layer.node()
                + ": the code takes "
                + layer.bytesAfter()
                + " bytes, the weights themselves "
                + layer.bytesBefore());
      }
    }
    Graph graph = selected.graph().withConstants(constants);
    String description = describe(scheme, granularity);
    List<Node> nodes =
        graph.nodes().stream().map(node -> marked(node, errors, description)).toList();
    return new Result(
        Provenance.append(
            network.withGraph(graph.withNodes(nodes)).atLeastIr(IR_VERSION), key, step),
        new CodeReport(layers, selected.kept(), warnings));
  }

  private static boolean isConvolution(Weight weight) {
    return weight.node().is("Conv");
  }

  private static WeightScheme forClass(
      WeightScheme scheme, List<Weight> weights, boolean convolutions) {
    return scheme.forClass(
        weights.stream()
            .filter(weight -> isConvolution(weight) == convolutions)
            .map(WeightMatrix::floats)
            .map(rows -> LinearPieces.range(rows, 0, rows.length)));
  }

  private static CodeReport.Layer layer(
      Weight weight, WeightScheme scheme, WeightCode code, QuantError error) {
    return new CodeReport.Layer(
        weight.node().name(),
        weight.node().opType(),
        weight.name(),
        scheme.name(),
        weight.tensor().elements(),
        code.bits(),
        weight.tensor().dtype().toString(),
        weight.tensor().data().byteSize(),
        code.bytes(),
        error);
  }

  private static Node marked(Node node, Map<String, QuantError> errors, String description) {
    for (String input : node.inputs()) {
      QuantError error = errors.get(input);
      if (error != null) {
        Node named = node.withMetadata(NODE_KEY, description);
        return error.maxAbs() == 0
            ? named
            : named.withMetadata(
                NODE_KEY + ".sqnr_db", String.format(Locale.ROOT, "%.1f", error.sqnrDb()));
      }
    }
    return node;
  }
}
