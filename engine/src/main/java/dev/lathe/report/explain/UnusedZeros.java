package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.report.WeightStatistics;
import dev.lathe.tensor.Tensor;
import java.util.Optional;

/**
 * Weights with zeros that the kernel multiplies all the same. Which densities pay is the selector's
 * matter: a layer that runs on a sparse kernel is none of this cause.
 */
final class UnusedZeros implements Cause.OfWork {

  private static final double MANY = 0.3;

  @Override
  public String id() {
    return "zeros that do not pay";
  }

  @Override
  public String command(String layers) {
    return "lathe prune MODEL --granularity 4x4 --sparsity 0.75 --dry-run (from the dense model)";
  }

  @Override
  public Optional<Finding> find(Work work, Layer layer, Scene scene) {
    double zeros = zeros(layer, scene);
    if (zeros < MANY || layer.tile().isEmpty()) {
      return Optional.empty();
    }
    String why =
        text(
            "%.0f %% of the weights are zeros, and the dense kernel %s multiplies them all",
            100 * zeros, layer.main().step().kernel());
    SparseForecast forecast = scene.forecast(layer);
    if (forecast == null) {
      return Optional.of(
          Finding.unmeasured(
              this,
              layer,
              why,
              "removing whole channels",
              "no sparse kernel can run the layer; removing channels changes other layers, too"));
    }
    return Optional.of(
        Finding.unmeasured(
            this,
            layer,
            why + "; on this processor, for this shape, " + forecast.pays(),
            remedy(forecast),
            "predicted: " + prediction(forecast)));
  }

  private static String remedy(SparseForecast forecast) {
    if (forecast.sparsity() > forecast.blockBreakEven()) {
      return "the same share of zeros in blocks, prune --granularity 4x4 from the dense model";
    }
    double least = Math.min(forecast.breakEven(), forecast.blockBreakEven());
    return least >= 1
        ? "removing whole channels"
        : text(
            "more than %.0f %% zeros, with prune --granularity %s from the dense model",
            100 * least,
            forecast.blockBreakEven() <= forecast.breakEven() ? "4x4" : forecast.finest());
  }

  private static String prediction(SparseForecast forecast) {
    String now =
        Double.isFinite(forecast.sparse())
            ? text(
                "the sparse kernel takes %.2f of the dense one's time",
                forecast.sparse() / forecast.dense())
            : "too few zeros for sparse kernels";
    return now + text(", with blocks of 4x4 %.2f", 1 / forecast.inBlocks());
  }

  /** Share of zeros in its largest constant. */
  private static double zeros(Layer layer, Scene scene) {
    WeightStatistics weights = WeightStatistics.NONE;
    for (String input : layer.node().inputs()) {
      Tensor constant = scene.graph().constants().get(input);
      if (constant != null
          && constant.shape().rank() > 1
          && constant.elements() > weights.elements()) {
        weights = WeightStatistics.of(constant);
      }
    }
    return weights.sparsity();
  }
}
