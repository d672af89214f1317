package dev.lathe.graph;

import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One operator application. Values are named; an empty name is an omitted optional input or output.
 *
 * @param name unique within the graph; the reader names unnamed nodes after their operator and
 *     first output
 * @param domain operator domain; the default ONNX domain is the empty string
 * @param metadata string facts per node that the file keeps ({@code metadata_props}), such as
 *     compression facts for viewers
 * @param opaque what the file says beyond this, carried through untouched by passes that keep the
 *     node
 */
public record Node(
    String name,
    String domain,
    String opType,
    List<String> inputs,
    List<String> outputs,
    Map<String, Attribute> attributes,
    Map<String, String> metadata,
    @Nullable Object opaque) {

  /** The domain of operators that exist only inside Lathe, between the passes and the plan. */
  public static final String LATHE_DOMAIN = "dev.lathe";

  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    attributes = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    metadata = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /** A node without metadata. */
  public static Node of(
      String name,
      String domain,
      String opType,
      List<String> inputs,
      List<String> outputs,
      Map<String, Attribute> attributes) {
    return new Node(name, domain, opType, inputs, outputs, attributes, Map.of(), null);
  }

  /** Whether this is {@code opType} of the default ONNX domain. */
  public boolean is(String opType) {
    return domain.isEmpty() && this.opType.equals(opType);
  }

  /** Whether input {@code index} is present. */
  public boolean hasInput(int index) {
    return index < inputs.size() && !inputs.get(index).isEmpty();
  }

  /** Name of input {@code index}, or the empty string when omitted. */
  public String input(int index) {
    return index < inputs.size() ? inputs.get(index) : "";
  }

  public String output(int index) {
    return index < outputs.size() ? outputs.get(index) : "";
  }

  public long intAttribute(String key, long fallback) {
    return switch (attributes.get(key)) {
      case null -> fallback;
      case Attribute.Int value -> value.value();
      case Attribute other -> throw GraphErrors.attribute(this, key, "an integer", other);
    };
  }

  public float floatAttribute(String key, float fallback) {
    return switch (attributes.get(key)) {
      case null -> fallback;
      case Attribute.Real value -> value.value();
      case Attribute other -> throw GraphErrors.attribute(this, key, "a float", other);
    };
  }

  public String textAttribute(String key, String fallback) {
    return switch (attributes.get(key)) {
      case null -> fallback;
      case Attribute.Text value -> value.value();
      case Attribute other -> throw GraphErrors.attribute(this, key, "a string", other);
    };
  }

  /** An integer list, or null when absent. */
  public long @Nullable [] intsAttribute(String key) {
    return switch (attributes.get(key)) {
      case null -> null;
      case Attribute.Ints value -> value.values().stream().mapToLong(Long::longValue).toArray();
      case Attribute other -> throw GraphErrors.attribute(this, key, "a list of integers", other);
    };
  }

  public @Nullable Tensor tensorAttribute(String key) {
    return switch (attributes.get(key)) {
      case null -> null;
      case Attribute.OfTensor value -> value.value();
      case Attribute other -> throw GraphErrors.attribute(this, key, "a tensor", other);
    };
  }

  public Node withInputs(List<String> inputs) {
    return new Node(name, domain, opType, inputs, outputs, attributes, metadata, opaque);
  }

  public Node withOutputs(List<String> outputs) {
    return new Node(name, domain, opType, inputs, outputs, attributes, metadata, opaque);
  }

  public Node withInput(int index, String value) {
    List<String> changed = new ArrayList<>(inputs);
    while (changed.size() <= index) {
      changed.add("");
    }
    changed.set(index, value);
    return withInputs(changed);
  }

  public Node withAttribute(String key, Attribute value) {
    Map<String, Attribute> changed = new LinkedHashMap<>(attributes);
    changed.put(key, value);
    return new Node(name, domain, opType, inputs, outputs, changed, metadata, opaque);
  }

  public Node withMetadata(String key, String value) {
    Map<String, String> changed = new LinkedHashMap<>(metadata);
    changed.put(key, value);
    return new Node(name, domain, opType, inputs, outputs, attributes, changed, opaque);
  }

  /** Operator with its domain, as error messages name it. */
  public String qualifiedOp() {
    return domain.isEmpty() ? opType : domain + "." + opType;
  }

  @Override
  public String toString() {
    return "node '"
        + name
        + "' "
        + qualifiedOp()
        + inputs.stream().collect(Collectors.joining(", ", "(", ")"))
        + " -> "
        + String.join(", ", outputs);
  }
}
