package dev.lathe.compress.scheme;

import dev.lathe.quant.QuantError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What coding did to each weight.
 *
 * @param kept nodes with weights that stay as they are, each with the reason
 * @param warnings what may cost accuracy or saves nothing
 */
public record CodeReport(List<Layer> layers, List<String> kept, List<String> warnings) {

  /**
   * One weight.
   *
   * @param node the first that reads it
   * @param op its operator
   * @param scheme of the code; empty when it has none of its own
   * @param bits per weight, without the parameters
   * @param stored the type in which the file holds the values
   * @param bytesBefore as a dense tensor
   * @param bytesAfter of the code, parameters included
   * @param error against the weight before; null for sums
   */
  public record Layer(
      String node,
      String op,
      String tensor,
      String scheme,
      long parameters,
      int bits,
      String stored,
      long bytesBefore,
      long bytesAfter,
      @Nullable QuantError error) {

    /** Fields of the JSON report. */
    public Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", node);
      json.put("op", op);
      json.put("tensor", tensor);
      json.put("scheme", scheme);
      json.put("parameters", parameters);
      json.put("bits", bits);
      json.put("bits_per_weight", bitsPerWeight());
      json.put("stored", stored);
      json.put("bytes_before", bytesBefore);
      json.put("bytes_after", bytesAfter);
      if (error != null) {
        json.put("sqnr_db", Double.isFinite(error.sqnrDb()) ? error.sqnrDb() : null);
        json.put("max_abs_error", error.maxAbs());
      }
      return json;
    }

    Layer withStored(String type) {
      return new Layer(
          node, op, tensor, scheme, parameters, bits, type, bytesBefore, bytesAfter, error);
    }

    /** Bits per weight, parameters included. */
    public double bitsPerWeight() {
      return (double) Byte.SIZE * bytesAfter / parameters;
    }
  }

  public CodeReport {
    layers = List.copyOf(layers);
    kept = List.copyOf(kept);
    warnings = List.copyOf(warnings);
  }

  /** The report with the types in which the file holds some tensors. */
  public CodeReport withStored(Map<String, String> types) {
    return new CodeReport(
        layers.stream()
            .map(layer -> layer.withStored(types.getOrDefault(layer.tensor, layer.stored)))
            .toList(),
        kept,
        warnings);
  }

  /** All layers as one. */
  public Layer total() {
    long parameters = 0;
    long before = 0;
    long after = 0;
    int bits = 0;
    for (Layer layer : layers) {
      parameters += layer.parameters;
      before += layer.bytesBefore;
      after += layer.bytesAfter;
      bits = Math.max(bits, layer.bits);
    }
    return new Layer("total", "", "", "", parameters, bits, "", before, after, null);
  }

  /** Fields of the JSON report. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("total", total().json());
    json.put("layers", layers.stream().map(Layer::json).toList());
    json.put("kept", kept);
    json.put("warnings", warnings);
    return json;
  }
}
