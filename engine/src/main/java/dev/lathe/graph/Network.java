package dev.lathe.graph;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A whole model: the main graph and what surrounds it in the file.
 *
 * @param irVersion ONNX IR version of the file
 * @param opsets imported operator set version by domain; the default domain is the empty string
 * @param metadata {@code metadata_props} of the model
 * @param opaque model-level content no pass looks into (functions, unknown fields), carried through
 *     untouched
 */
public record Network(
    long irVersion,
    Map<String, Long> opsets,
    Graph graph,
    String producer,
    Map<String, String> metadata,
    @Nullable Object opaque) {

  public Network {
    opsets = Collections.unmodifiableMap(new LinkedHashMap<>(opsets));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  public Network withGraph(Graph graph) {
    return new Network(irVersion, opsets, graph, producer, metadata, opaque);
  }

  public Network withMetadata(String key, String value) {
    Map<String, String> changed = new LinkedHashMap<>(metadata);
    changed.put(key, value);
    return new Network(irVersion, opsets, graph, producer, changed, opaque);
  }

  /** The network at that IR version, unless its own is later. */
  public Network atLeastIr(long version) {
    return new Network(Math.max(irVersion, version), opsets, graph, producer, metadata, opaque);
  }

  public Network withOpset(String domain, long version) {
    Map<String, Long> changed = new LinkedHashMap<>(opsets);
    changed.put(domain, version);
    return new Network(irVersion, changed, graph, producer, metadata, opaque);
  }

  /** Version of the default operator set; 1 when the model imports none. */
  public long opset() {
    return opsets.getOrDefault("", 1L);
  }
}
