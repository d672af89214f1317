package dev.lathe.report.compare;

import dev.lathe.compress.quantize.QuantizationPlan;
import dev.lathe.compress.quantize.QuantizationReport;
import dev.lathe.compress.quantize.Quantizer;
import dev.lathe.graph.Network;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.quant.Range;
import dev.lathe.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A network made for one rung.
 *
 * @param fileBytes of the ONNX file Lathe writes for it
 * @param weightBytes of all constants, quantized weights counted at their bit-width
 * @param warnings of the quantizer
 */
record Variant(
    Rung rung, Network network, long fileBytes, long weightBytes, List<String> warnings) {

  /** The original, or its quantized form with ranges observed before. */
  static Variant of(Rung rung, Network original, Map<String, Range> ranges) {
    if (rung.options() == null) {
      return new Variant(
          rung, original, OnnxWriter.size(original), constantBytes(original), List.of());
    }
    QuantizationPlan plan = Quantizer.plan(original, rung.options());
    Quantizer.Result result = Quantizer.apply(plan, ranges);
    long unusedBits =
        quantizedElements(plan.network(), result.report()) * (Byte.SIZE - rung.weightBits());
    return new Variant(
        rung,
        result.network(),
        OnnxWriter.size(result.network()),
        constantBytes(result.network()) - unusedBits / Byte.SIZE,
        result.report().warnings());
  }

  private static long constantBytes(Network network) {
    return network.graph().constants().values().stream()
        .mapToLong(tensor -> tensor.data().byteSize())
        .sum();
  }

  private static long quantizedElements(Network prepared, QuantizationReport report) {
    Set<String> seen = new HashSet<>();
    long elements = 0;
    for (QuantizationReport.Weight weight : report.weights()) {
      Tensor tensor = prepared.graph().constants().get(weight.tensor());
      if (tensor != null && seen.add(weight.tensor())) {
        elements += tensor.elements();
      }
    }
    return elements;
  }
}
