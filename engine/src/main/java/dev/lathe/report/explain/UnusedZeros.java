package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

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
    return "lathe prune MODEL -o OUT --granularity channel --sparsity 0.5 (from the dense model)";
  }

  @Override
  public Optional<Finding> find(Work work, Layer layer, Scene scene) {
    double zeros = zeros(layer, scene);
    if (zeros < MANY || layer.tile().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        Finding.unmeasured(
            this,
            layer,
            text(
                "%.0f %% of the weights are zeros, and the dense kernel %s multiplies them all",
                100 * zeros, layer.main().step().kernel()),
            "zeros in blocks or whole channels, which kernels can leave out",
            "the selector kept the dense kernel; removing channels changes other layers, too"));
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
