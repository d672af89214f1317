package dev.lathe.compress.quantize;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Outcome;
import dev.lathe.compress.recover.Equalization;
import dev.lathe.compress.recover.SmoothQuant;
import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.quant.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Post-training quantization: {@link #plan} says what has to be observed, {@link #apply} writes the
 * quantized network in QDQ form (QuantizeLinear and DequantizeLinear around float operators), as
 * integer engines read it.
 *
 * <p>The result is opset 13 or later, since DequantizeLinear has an axis only from there; inputs
 * and outputs of the network stay float. Weights, biases and activations follow docs/numerics.md.
 */
public final class Quantizer {

  /** The quantized network and what happened to its tensors. */
  public record Result(Network network, QuantizationReport report) implements Outcome {
    @Override
    public List<String> kept() {
      return report.floatNodes();
    }

    @Override
    public List<String> warnings() {
      return report.warnings();
    }
  }

  /** Key of the network metadata that says how it was quantized. */
  public static final String METADATA_KEY = "lathe.quantize";

  /** Key of the network metadata that says which samples the ranges come from. */
  public static final String CALIBRATION_KEY = "lathe.calibrate";

  /** Key of the network metadata that says what repaired its accuracy. */
  public static final String REPAIR_KEY = "lathe.repair";

  private static final Set<String> QUANTIZED =
      Set.of(
          "QuantizeLinear",
          "DequantizeLinear",
          "DynamicQuantizeLinear",
          "QLinearConv",
          "QLinearMatMul",
          "ConvInteger",
          "MatMulInteger");

  private Quantizer() {}

  /**
   * Prepares a network and decides what is quantized. Weights that are quantized already keep their
   * levels where the options allow as many.
   *
   * @throws UnsupportedException when activations are quantized already, or the network has to be
   *     lifted to opset 13 and an operator in it can't
   */
  public static QuantizationPlan plan(Network network, QuantizeOptions options) {
    KeptLevels kept = KeptLevels.of(network.graph());
    return QuantizationPlan.of(
        prepare(network.withGraph(kept.graph())), options, kept, Map.of(), List.of());
  }

  /**
   * The float network whose weights are quantized: simplified, with BatchNormalization folded into
   * the product before it.
   *
   * @throws UnsupportedException as {@link #plan}
   */
  public static Network prepare(Network network) {
    requireFloat(network);
    return Preparation.run(OpsetUpgrade.apply(network));
  }

  /**
   * Checks that nothing is quantized yet.
   *
   * @throws UnsupportedException when something is
   */
  static void requireFloat(Network network) {
    for (Node node : network.graph().nodes()) {
      if (QUANTIZED.contains(node.opType())) {
        throw new UnsupportedException(
            new Problem(
                "the model is quantized already",
                node.toString(),
                "its float weights are gone",
                "quantize the float model it was made from"));
      }
    }
  }

  /**
   * Evens out the ranges of a plan's network, which computes the same as before; comes before they
   * are observed.
   *
   * @param repairs of which {@code EQUALIZE} and {@code SMOOTH} count
   * @throws dev.lathe.error.UsageException when samples are needed and the context has none
   */
  public static QuantizationPlan rescale(
      QuantizationPlan plan, Set<Repair> repairs, CompressionContext context) {
    Network network = plan.network();
    List<String> remarks = new ArrayList<>();
    if (repairs.contains(Repair.EQUALIZE)) {
      Equalization.Result equalized = Equalization.run(network);
      network = equalized.network();
      if (equalized.pairs().isEmpty()) {
        remarks.add("no channels to equalize: no product feeds another through Relu or pooling");
      }
    }
    if (repairs.contains(Repair.SMOOTH)) {
      SmoothQuant.Result smoothed = SmoothQuant.run(network, context);
      network = smoothed.network();
      if (smoothed.values().isEmpty()) {
        remarks.add("nothing to smooth: no normalization is read by matrix products alone");
      }
    }
    return repairs.stream().anyMatch(Repair::changesRanges)
        ? QuantizationPlan.of(network, plan.options(), plan.kept(), Map.of(), remarks)
        : plan;
  }

  /**
   * Chooses levels and biases so that the network answers as before; for a plan whose network is
   * the float one.
   *
   * @param repairs none of them leaves the plan as it is
   * @throws dev.lathe.error.UsageException when samples are needed and the context has none
   */
  public static QuantizationPlan repair(
      QuantizationPlan plan, Set<Repair> repairs, CompressionContext context) {
    if (repairs.isEmpty()) {
      return plan;
    }
    QuantizationPlan repaired =
        repairs.stream().allMatch(Repair::changesRanges)
            ? plan
            : RoundingRepair.run(plan, repairs, context);
    return repaired.withMetadata(REPAIR_KEY, Repair.describe(repairs));
  }

  /**
   * Quantizes.
   *
   * @param ranges of every value the plan wants observed; none when activations stay float
   * @throws dev.lathe.error.InvalidModelException when a weight holds NaN or infinity
   */
  public static Result apply(QuantizationPlan plan, Map<String, Range> ranges) {
    for (String value : plan.observed()) {
      if (!ranges.containsKey(value)) {
        throw new InternalException(Problem.of("no range was observed", "value '" + value + "'"));
      }
    }
    return new QdqWriter(plan, ranges).write();
  }
}
