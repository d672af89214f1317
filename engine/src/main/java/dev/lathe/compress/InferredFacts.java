package dev.lathe.compress;

import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.op.Operators;
import dev.lathe.plan.Facts;
import dev.lathe.plan.Planner;
import dev.lathe.runtime.InputCheck;
import dev.lathe.tensor.Shape;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Types and shapes of every value of a network, as far as they can be told without inputs. */
public final class InferredFacts {

  /** Sizes tried for open dimensions; images of one pixel do not pass every network. */
  private static final List<Integer> OPEN = List.of(1, 64, 224);

  private static final long STEP = 32;

  private InferredFacts() {}

  /** Facts at the declared shapes, with the first size of open dimensions that tells all. */
  public static Facts of(Network network) {
    Facts first = null;
    for (int open : OPEN) {
      Facts facts = of(network, inputs(network.graph(), open));
      boolean complete =
          network.graph().nodes().stream().allMatch(node -> facts.find(node.output(0)) != null);
      if (complete) {
        return facts;
      }
      first = first == null ? facts : first;
    }
    return Objects.requireNonNull(first);
  }

  /**
   * Facts with another size for every open dimension, equal ones for equal names; null when there
   * is none.
   */
  public static @Nullable Facts ofDistinctSizes(Network network) {
    Map<String, Long> sizes = new HashMap<>();
    Map<String, TensorFact> inputs = new LinkedHashMap<>();
    for (ValueInfo input : network.graph().inputs()) {
      List<Dim> declared = input.dims();
      if (input.dtype() != null && declared != null) {
        long[] dims = new long[declared.size()];
        for (int i = 0; i < dims.length; i++) {
          if (declared.get(i) instanceof Dim.Fixed(long size)) {
            dims[i] = size;
          } else {
            String open =
                declared.get(i) instanceof Dim.Symbol(String name)
                    ? name
                    : input.name() + ", axis " + i;
            dims[i] = sizes.computeIfAbsent(open, none -> STEP * (sizes.size() + 2));
          }
        }
        inputs.put(input.name(), TensorFact.of(input.dtype(), Shape.of(dims)));
      }
    }
    return sizes.isEmpty() ? null : of(network, inputs);
  }

  /** Facts for given inputs. */
  public static Facts of(Network network, Map<String, TensorFact> inputs) {
    return new Planner(Operators.table(), KernelSelector.standard())
        .diagnose(network.graph(), network.opsets(), inputs)
        .facts();
  }

  private static Map<String, TensorFact> inputs(Graph graph, int open) {
    Map<String, TensorFact> inputs = new LinkedHashMap<>();
    for (ValueInfo input : graph.inputs()) {
      if (input.dtype() != null && input.dims() != null) {
        inputs.put(input.name(), InputCheck.declared(List.of(input), open).getFirst());
      }
    }
    return inputs;
  }
}
