package dev.lathe.report.compare;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.quantize.QuantizationPlan;
import dev.lathe.compress.quantize.QuantizationReport;
import dev.lathe.compress.quantize.Quantizer;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.file.FileSizes;
import dev.lathe.graph.Network;
import dev.lathe.quant.Range;
import dev.lathe.report.Inspection;
import dev.lathe.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A network made for one rung.
 *
 * @param sizes of the files Lathe writes for it
 * @param weightBytes of all constants, quantized weights counted at their bit-width
 * @param sparsity zeros among all constants, 0..1
 * @param warnings of what made it
 */
record Variant(
    Rung rung,
    Network network,
    FileSizes sizes,
    long weightBytes,
    double sparsity,
    List<String> warnings) {

  /**
   * The original, or what was made of it.
   *
   * @param ranges observed before, for ways to quantize
   * @param context of recipes
   */
  static Variant of(
      Rung rung, Network original, Map<String, Range> ranges, CompressionContext context) {
    if (rung.recipe() != null) {
      Recipe.Result result = rung.recipe().recipe().run(original, context);
      return of(rung, result.network(), 0, result.warnings());
    }
    if (rung.options() == null) {
      return of(rung, original, 0, List.of());
    }
    QuantizationPlan plan = Quantizer.plan(original, rung.options());
    Quantizer.Result result = Quantizer.apply(plan, ranges);
    long unusedBits =
        quantizedElements(plan.network(), result.report()) * (Byte.SIZE - rung.weightBits());
    return of(rung, result.network(), unusedBits / Byte.SIZE, result.report().warnings());
  }

  private static Variant of(Rung rung, Network network, long unusedBytes, List<String> warnings) {
    return new Variant(
        rung,
        network,
        FileSizes.of(network),
        constantBytes(network) - unusedBytes,
        Inspection.of(network).sparsity(),
        warnings);
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
