package dev.lathe.report.doctor;

import dev.lathe.cpu.Isa;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Macs;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.DType;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How much faster a model may become with int8 weights and activations: an estimate from the
 * multiply-accumulates and bytes of every layer, the rates of one core and the ratios of our
 * kernels that docs/benchmarks states. It knows neither caches nor fusions; only a measurement
 * decides.
 *
 * @param low lower end of the speed-up over fp32; 0 when there is nothing to estimate
 * @param high upper end
 * @param share of the estimated fp32 time that int8 kernels would take over, 0..1
 * @param quantized nodes that compute on integers already
 * @param missing nodes whose shapes are not known, left out of the estimate
 */
public record GainBand(
    double low,
    double high,
    double share,
    Map<Work, Integer> layers,
    Map<Work, Ratio> ratios,
    int quantized,
    int missing) {

  /** What bounds a layer. */
  public enum Work {
    /** Convolutions and products bound by arithmetic. */
    DENSE,
    /** Depthwise convolutions. */
    DEPTHWISE,
    /** Products and convolutions bound by reading their weights. */
    WEIGHTS,
    /** What stays as it is. */
    OTHER
  }

  /** Speed of int8 over fp32, from the slowest to the fastest layers measured. */
  public record Ratio(double low, double high) {}

  private static final Ratio SAME = new Ratio(1, 1);

  private static final Map<Work, Ratio> VECTOR =
      Map.of(
          Work.DENSE, new Ratio(0.86, 0.97),
          Work.DEPTHWISE, new Ratio(0.63, 0.81),
          Work.WEIGHTS, new Ratio(2.0, 3.0),
          Work.OTHER, SAME);

  private static final Map<Work, Ratio> NATIVE =
      Map.of(
          Work.DENSE, new Ratio(2.0, 3.8),
          Work.DEPTHWISE, new Ratio(0.63, 0.81),
          Work.WEIGHTS, new Ratio(2.0, 3.0),
          Work.OTHER, SAME);

  private static final double F32_MACS_PER_SECOND = 90e9;
  private static final double MEMORY_BYTES_PER_SECOND = 14e9;
  private static final double CACHE_BYTES_PER_SECOND = 60e9;

  /** Weights of smaller models stay in the last-level cache between runs. */
  private static final long CACHE_BYTES = 16L << 20;

  /**
   * The band of a model on the best tier there is.
   *
   * @param facts of its values, as far as they are known
   */
  static GainBand of(Graph graph, Facts facts, Isa best) {
    Map<Work, Ratio> ratios = best.isNative() ? NATIVE : best.isVector() ? VECTOR : Map.of();
    long weights = graph.constants().values().stream().mapToLong(c -> c.data().byteSize()).sum();
    double weightRate = weights > CACHE_BYTES ? MEMORY_BYTES_PER_SECOND : CACHE_BYTES_PER_SECOND;
    Set<String> dequantized = new HashSet<>();
    for (Node node : graph.nodes()) {
      if (node.is("DequantizeLinear")) {
        dequantized.addAll(node.outputs());
      }
    }
    Map<Work, Integer> layers = new LinkedHashMap<>();
    double before = 0;
    double taken = 0;
    double slow = 0;
    double fast = 0;
    int quantized = 0;
    int missing = 0;
    for (Node node : graph.nodes()) {
      TensorFact output = facts.find(node.output(0));
      if (output == null) {
        missing++;
        continue;
      }
      boolean integer = isInteger(node) || dequantized.contains(node.input(1));
      quantized += integer ? 1 : 0;
      double arithmetic = Macs.of(node, facts::find) / F32_MACS_PER_SECOND;
      double reading = weightBytes(node, facts) / weightRate;
      double moving = activationBytes(node, facts) / CACHE_BYTES_PER_SECOND;
      double seconds = Math.max(arithmetic, Math.max(reading, moving));
      Work work = integer ? Work.OTHER : work(node, facts, arithmetic, reading);
      Ratio ratio = ratios.getOrDefault(work, SAME);
      before += seconds;
      slow += seconds / ratio.low();
      fast += seconds / ratio.high();
      if (work != Work.OTHER) {
        layers.merge(work, 1, Integer::sum);
        taken += seconds;
      }
    }
    boolean known = before > 0 && taken > 0 && !ratios.isEmpty();
    return new GainBand(
        known ? before / slow : 0,
        known ? before / fast : 0,
        before > 0 ? taken / before : 0,
        layers,
        ratios,
        quantized,
        missing);
  }

  private static Work work(Node node, Facts facts, double arithmetic, double reading) {
    TensorFact weights = facts.find(node.input(1));
    boolean takes = node.is("Conv") || node.is("Gemm") || node.is("MatMul");
    if (!takes
        || weights == null
        || !weights.isConstant()
        || weights.dtype() != DType.FLOAT32
        || weights.shape().rank() < 2) {
      return Work.OTHER;
    }
    if (node.is("Conv") && node.intAttribute("group", 1) > 1 && weights.shape().dim(1) == 1) {
      return Work.DEPTHWISE;
    }
    return reading > arithmetic ? Work.WEIGHTS : Work.DENSE;
  }

  private static boolean isInteger(Node node) {
    return node.opType().startsWith("QLinear")
        || node.opType().equals("QGemm")
        || node.opType().equals("QConv")
        || node.opType().endsWith("Integer");
  }

  private static double weightBytes(Node node, Facts facts) {
    return node.inputs().stream()
        .map(facts::find)
        .filter(fact -> fact != null && fact.isConstant())
        .mapToDouble(GainBand::bytes)
        .sum();
  }

  private static double activationBytes(Node node, Facts facts) {
    double inputs =
        node.inputs().stream()
            .map(facts::find)
            .filter(fact -> fact != null && !fact.isConstant())
            .mapToDouble(GainBand::bytes)
            .sum();
    return inputs + bytes(facts.find(node.output(0)));
  }

  private static double bytes(@Nullable TensorFact fact) {
    return fact == null ? 0 : fact.shape().elements() * (fact.dtype().bits() / 8.0);
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("estimate", low == 0 ? List.of() : List.of(low, high));
    json.put("share_of_time", share);
    Map<String, Object> byWork = new LinkedHashMap<>();
    layers.forEach((work, count) -> byWork.put(name(work), count));
    json.put("layers", byWork);
    Map<String, Object> speeds = new LinkedHashMap<>();
    ratios.forEach((work, ratio) -> speeds.put(name(work), List.of(ratio.low(), ratio.high())));
    json.put("ratios", speeds);
    json.put("quantized", quantized);
    json.put("unknown_shapes", missing);
    return json;
  }

  private static String name(Work work) {
    return work.name().toLowerCase(java.util.Locale.ROOT);
  }
}
