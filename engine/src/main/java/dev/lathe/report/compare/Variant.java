package dev.lathe.report.compare;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.quantize.Quantizer;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.file.FileSizes;
import dev.lathe.graph.Network;
import dev.lathe.quant.Range;
import dev.lathe.report.Inspection;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * A network made for one rung.
 *
 * @param sizes of the files Lathe writes for it
 * @param weightBytes of all constants, matrices of 8-bit integers counted at the rung's width
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
      return of(rung, result.network(), result.warnings());
    }
    if (rung.options() == null) {
      return of(rung, original, List.of());
    }
    Quantizer.Result result = Quantizer.apply(Quantizer.plan(original, rung.options()), ranges);
    return of(rung, result.network(), result.report().warnings());
  }

  private static Variant of(Rung rung, Network network, List<String> warnings) {
    return new Variant(
        rung,
        network,
        FileSizes.of(network),
        weightBytes(network, rung.weightBits()),
        Inspection.of(network).sparsity(),
        warnings);
  }

  private static long weightBytes(Network network, int bits) {
    long bytes = 0;
    long codes = 0;
    for (Tensor tensor : network.graph().constants().values()) {
      if (bits < Byte.SIZE && tensor.dtype().isInt8() && tensor.shape().rank() > 1) {
        codes += tensor.elements();
      } else {
        bytes += tensor.data().byteSize();
      }
    }
    return bytes + Math.ceilDiv(codes * bits, Byte.SIZE);
  }
}
