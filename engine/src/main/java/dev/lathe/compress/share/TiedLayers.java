package dev.lathe.compress.share;

import dev.lathe.compress.Provenance;
import dev.lathe.compress.scheme.CodeReport;
import dev.lathe.compress.scheme.WeightCoder;
import dev.lathe.compress.weights.SelectedWeights;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightFinder;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.quant.QuantError;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Layers whose weights are nearly alike read one initializer. */
final class TiedLayers {

  private record Kind(Shape shape, WeightView view) {}

  private final Map<String, Tensor> constants;
  private final Map<String, String> replaced = new HashMap<>();
  private final Map<String, CodeReport.Layer> layers = new HashMap<>();

  private TiedLayers(Graph graph) {
    this.constants = new LinkedHashMap<>(graph.constants());
  }

  static WeightCoder.Result run(
      Network network,
      double tolerance,
      @Nullable Pattern include,
      @Nullable Pattern exclude,
      String step) {
    SelectedWeights selected =
        SelectedWeights.of(network.graph(), WeightFinder.Scope.CODED, include, exclude);
    Map<Kind, List<Weight>> kinds = new LinkedHashMap<>();
    for (Weight weight : selected.weights()) {
      kinds
          .computeIfAbsent(
              new Kind(weight.tensor().shape(), weight.view()), kind -> new ArrayList<>())
          .add(weight);
    }
    TiedLayers tied = new TiedLayers(selected.graph());
    kinds.values().forEach(alike -> tied.tie(alike, tolerance));
    List<Node> nodes = selected.graph().nodes().stream().map(tied::rewired).toList();
    List<CodeReport.Layer> layers =
        selected.weights().stream().map(weight -> tied.layers.get(weight.name())).toList();
    return new WeightCoder.Result(
        Provenance.append(
            network.withGraph(selected.graph().withNodes(nodes).withConstants(tied.constants)),
            ShareWeights.METADATA_KEY,
            step),
        new CodeReport(layers, selected.kept(), List.of()));
  }

  private void tie(List<Weight> weights, double tolerance) {
    NearDuplicates.Merged merged =
        NearDuplicates.merge(
            weights.stream().map(weight -> weight.tensor().toFloats()).toArray(float[][]::new),
            tolerance);
    Map<Integer, String> owners = new HashMap<>();
    for (int i = 0; i < weights.size(); i++) {
      Weight weight = weights.get(i);
      int one = merged.of()[i];
      Tensor mean = Tensor.of(merged.means()[one], weight.tensor().shape().dims());
      String owner = owners.putIfAbsent(one, weight.name());
      if (owner == null) {
        constants.put(weight.name(), mean);
      } else {
        constants.remove(weight.name());
        replaced.put(weight.name(), owner);
      }
      layers.put(weight.name(), layer(weight, owner, mean));
    }
  }

  private static CodeReport.Layer layer(Weight weight, @Nullable String owner, Tensor mean) {
    long bytes = weight.tensor().data().byteSize();
    return new CodeReport.Layer(
        weight.node().name(),
        weight.node().opType(),
        weight.name(),
        owner == null ? "" : "as " + owner,
        weight.tensor().elements(),
        owner == null ? Float.SIZE : 0,
        owner == null ? weight.tensor().dtype().toString() : "",
        bytes,
        owner == null ? bytes : 0,
        QuantError.between(weight.tensor(), mean));
  }

  private Node rewired(Node node) {
    return node.inputs().stream().anyMatch(replaced::containsKey)
        ? node.withInputs(
            node.inputs().stream().map(input -> replaced.getOrDefault(input, input)).toList())
        : node;
  }
}
