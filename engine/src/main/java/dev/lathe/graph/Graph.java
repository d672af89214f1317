package dev.lathe.graph;

import dev.lathe.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An immutable graph of named values. Nodes are in topological order; {@link GraphVerifier} checks
 * that and the rest of the single-assignment rules.
 *
 * @param inputs values fed by the caller (initializers listed as inputs by old IR versions are not
 *     among them)
 * @param constants initializers by name
 * @param valueInfos annotations of inner values
 * @param opaque what the file says beyond this, carried through untouched
 */
public record Graph(
    String name,
    List<ValueInfo> inputs,
    List<ValueInfo> outputs,
    Map<String, Tensor> constants,
    List<Node> nodes,
    Map<String, ValueInfo> valueInfos,
    @Nullable Object opaque) {

  public Graph {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
    nodes = List.copyOf(nodes);
    valueInfos = Collections.unmodifiableMap(new LinkedHashMap<>(valueInfos));
  }

  public Graph withNodes(List<Node> nodes) {
    return new Graph(name, inputs, outputs, constants, nodes, valueInfos, opaque);
  }

  public Graph withConstants(Map<String, Tensor> constants) {
    return new Graph(name, inputs, outputs, constants, nodes, valueInfos, opaque);
  }

  public boolean isConstant(String value) {
    return constants.containsKey(value);
  }

  public boolean isInput(String value) {
    return inputs.stream().anyMatch(input -> input.name().equals(value));
  }

  public boolean isOutput(String value) {
    return outputs.stream().anyMatch(output -> output.name().equals(value));
  }
}
