package dev.lathe.onnx;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Node;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node as the file wrote it: the opaque part of its {@link Node}.
 *
 * @param node as passes first saw it, with its generated name if the file had none
 * @param fileName name in the file, maybe empty
 * @param fileDomain domain in the file, maybe {@code ai.onnx}
 */
record NodeOrigin(
    Node node,
    String fileName,
    String fileDomain,
    Wire wire,
    Map<String, AttributeOrigin> attributes) {

  boolean isExternal() {
    return attributes.values().stream().anyMatch(AttributeOrigin::external);
  }

  /** Whether everything about {@code current} still is what was read. */
  boolean isUntouched(Node current) {
    return current.name().equals(node.name())
        && current.domain().equals(node.domain())
        && current.opType().equals(node.opType())
        && current.inputs().equals(node.inputs())
        && current.outputs().equals(node.outputs())
        && current.metadata().equals(node.metadata())
        && current.attributes().keySet().equals(attributes.keySet())
        && current.attributes().entrySet().stream()
            .allMatch(entry -> isUntouched(entry.getKey(), entry.getValue()));
  }

  /** The name to write: none if the file had none and nobody gave one. */
  String nameFor(Node current) {
    return current.name().equals(node.name()) ? fileName : current.name();
  }

  String domainFor(Node current) {
    return current.domain().equals(node.domain()) ? fileDomain : current.domain();
  }

  /** The field of the file that holds this very attribute, contents included; else null. */
  Wire.@Nullable Field verbatim(String key, Attribute value) {
    AttributeOrigin origin = attributes.get(key);
    return origin != null && !origin.external() && isUntouched(key, value) ? origin.whole() : null;
  }

  @SuppressWarnings(
      "ReferenceEquality") // decoded values are told apart by identity: comparing tensors is slow
  private boolean isUntouched(String key, Attribute value) {
    AttributeOrigin origin = attributes.get(key);
    return origin != null && origin.value() == value;
  }
}
