package dev.lathe.compress.quantize;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.recover.GptqRounding;
import dev.lathe.compress.recover.LayerwiseSolver;
import dev.lathe.compress.recover.NearestRounding;
import dev.lathe.compress.recover.Reconstruction;
import dev.lathe.compress.recover.Rounding;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.quant.QuantParams;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Chooses the levels of a plan's weights, and its biases, by what the samples make of them. */
final class RoundingRepair {

  private final QuantizationPlan plan;
  private final Map<String, QuantParams> params = new LinkedHashMap<>();
  private final List<Weight> weights = new ArrayList<>();

  private RoundingRepair(QuantizationPlan plan) {
    this.plan = plan;
    Graph graph = plan.network().graph();
    for (Node node : graph.nodes()) {
      Role role = plan.roles().get(node.name());
      String name = role == null || !role.hasWeight() ? "" : node.input(role.weight());
      Tensor tensor = graph.constants().get(name);
      if (role == null || tensor == null || plan.rounded().containsKey(name)) {
        continue;
      }
      WeightQuantizer.requireFinite(node, name, tensor);
      if (params.putIfAbsent(name, WeightQuantizer.params(role, tensor, plan.options().at(node)))
          == null) {
        weights.add(new Weight(node, name, tensor, WeightView.of(node, tensor.shape(), false)));
      }
    }
  }

  /** The plan with weights rounded and biases corrected; every other setting stays. */
  static QuantizationPlan run(
      QuantizationPlan plan, Set<Repair> repairs, CompressionContext context) {
    return new RoundingRepair(plan).run(repairs, context);
  }

  private QuantizationPlan run(Set<Repair> repairs, CompressionContext context) {
    Rounding rounding =
        repairs.contains(Repair.RECONSTRUCT)
            ? new Reconstruction(params)
            : repairs.contains(Repair.GPTQ)
                ? new GptqRounding(params)
                : new NearestRounding(params);
    LayerwiseSolver.Solution solution =
        new LayerwiseSolver(
                "repair " + Repair.describe(repairs),
                rounding,
                repairs.contains(Repair.BIAS),
                context)
            .solve(plan.network(), weights);
    Map<String, WeightQuantizer.Rounded> rounded = new LinkedHashMap<>(plan.rounded());
    Network network = solution.network();
    Map<String, Tensor> constants = new LinkedHashMap<>(network.graph().constants());
    for (Weight weight : weights) {
      QuantParams chosen = rounding.chosen().get(weight.name());
      Tensor values = constants.get(weight.name());
      if (chosen != null && values != null) {
        rounded.put(weight.name(), new WeightQuantizer.Rounded(values, chosen));
        // The plan keeps what the levels stand for; errors are measured against that.
        constants.put(weight.name(), weight.tensor());
      }
    }
    List<String> warnings = new ArrayList<>(plan.warnings());
    warnings.addAll(solution.kept());
    return QuantizationPlan.of(
        network.withGraph(network.graph().withConstants(constants)),
        plan.options(),
        plan.kept(),
        rounded,
        warnings);
  }
}
