package dev.lathe.report.diff;

import dev.lathe.compress.recipe.Origin;
import dev.lathe.graph.Network;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where two models differ.
 *
 * @param model what surrounds the graph: IR version, operator sets, producer, metadata
 * @param sameContent whether both are the same ONNX file
 */
public record NetworkDiff(List<String> model, GraphDiff graph, boolean sameContent) {

  public NetworkDiff {
    model = List.copyOf(model);
  }

  public static NetworkDiff of(Network before, Network after) {
    List<String> model = new ArrayList<>();
    NodeChange.entries("", head(before), head(after), model);
    NodeChange.entries("opset ", before.opsets(), after.opsets(), model);
    NodeChange.entries("metadata ", before.metadata(), after.metadata(), model);
    return new NetworkDiff(
        model,
        GraphDiff.of(before.graph(), after.graph()),
        Origin.contentOf(before).equals(Origin.contentOf(after)));
  }

  private static Map<String, String> head(Network network) {
    Map<String, String> head = new LinkedHashMap<>();
    head.put("IR version", Long.toString(network.irVersion()));
    head.put("producer", network.producer());
    head.put("graph name", network.graph().name());
    return head;
  }

  /** Whether nothing of what Lathe looks into differs. */
  public boolean isEmpty() {
    return model.isEmpty() && graph.isEmpty();
  }

  /** As JSON. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("same_content", sameContent);
    json.put("model", model);
    json.putAll(graph.json());
    return json;
  }
}
