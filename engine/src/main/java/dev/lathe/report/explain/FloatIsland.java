package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import dev.lathe.graph.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Float operators between integer ones: values are converted on both sides. */
final class FloatIsland implements Cause {

  @Override
  public String id() {
    return "float island";
  }

  @Override
  public String command(String layers) {
    return "lathe quantize MODEL -o OUT --data D (without --exclude)";
  }

  @Override
  public List<Finding> find(Scene scene) {
    List<Finding> findings = new ArrayList<>();
    Set<Node> seen = new LinkedHashSet<>();
    for (Node node : scene.graph().nodes()) {
      if (node.is("DequantizeLinear") && isInner(node, scene) && !seen.contains(node)) {
        Set<Node> island = island(node, scene);
        seen.addAll(island);
        Finding finding = finding(List.copyOf(island), scene);
        if (finding != null) {
          findings.add(finding);
        }
      }
    }
    return findings;
  }

  /** Whether it converts what an operator computed. */
  private static boolean isInner(Node dequantize, Scene scene) {
    return scene.producer(dequantize.input(0)) != null;
  }

  /** All that float values connect with a node, conversions included. */
  private static Set<Node> island(Node start, Scene scene) {
    Set<Node> island = new LinkedHashSet<>();
    Deque<Node> open = new ArrayDeque<>(List.of(start));
    while (!open.isEmpty()) {
      Node node = open.pop();
      if (!island.add(node)) {
        continue;
      }
      if (!node.is("QuantizeLinear")) {
        node.outputs().forEach(value -> open.addAll(scene.consumers(value)));
      }
      if (!node.is("DequantizeLinear")) {
        for (String value : node.inputs()) {
          Node producer = scene.producer(value);
          if (producer != null && !producer.is("QuantizeLinear")) {
            open.add(producer);
          }
        }
      }
    }
    return island;
  }

  private @org.jspecify.annotations.Nullable Finding finding(List<Node> island, Scene scene) {
    List<Node> conversions =
        island.stream()
            .filter(node -> node.is("QuantizeLinear") || node.is("DequantizeLinear"))
            .toList();
    List<Layer> inside =
        island.stream()
            .filter(node -> !conversions.contains(node))
            .map(scene::layer)
            .filter(layer -> layer != null)
            .toList();
    boolean leaves = conversions.stream().anyMatch(node -> node.is("QuantizeLinear"));
    if (inside.isEmpty() || !leaves) {
      return null;
    }
    double converting = conversions.stream().mapToDouble(scene::micros).sum();
    double computing = inside.stream().mapToDouble(Layer::micros).sum();
    Layer first = inside.getFirst();
    String why =
        text(
            "%s in fp32 between integer operators: %d conversions take %.1f µs beside %.1f µs of"
                + " computing",
            inside.stream()
                .map(layer -> layer.node().opType())
                .distinct()
                .limit(4)
                .collect(Collectors.joining(", ")),
            conversions.size(),
            converting,
            computing);
    Work work = first.work();
    if (inside.size() == 1 && work != null && !work.integer()) {
      Trial trial =
          new Trial(
              "the same operator in int8",
              new Variant("island " + work, () -> Alone.island(work), scene.options()),
              Variant.of(work.asInteger(), scene.options()),
              1);
      return new Finding(
          id(), first.name(), converting + computing, why, "quantize it, too", trial, 0, "", false);
    }
    return new Finding(
        id(),
        first.name(),
        converting + computing,
        why,
        "quantize these operators, too, or leave their neighbours in fp32",
        null,
        converting,
        "",
        true);
  }
}
