package dev.lathe.compress.simplify;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Outcome;
import dev.lathe.compress.Provenance;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.op.Operators;
import dev.lathe.pass.Notes;
import dev.lathe.pass.Pass;
import dev.lathe.pass.PassContext;
import dev.lathe.pass.PassPipeline;
import dev.lathe.plan.Planner;
import dev.lathe.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Removes what does not change the answer: nodes and constants nothing depends on, nodes that
 * depend on constants alone or pass their input through, nodes and constants there are twice, and,
 * where all inputs have fixed shapes, what computes shapes. The model stays in the operators it
 * has; quantized weights stay quantized. Bodies of If, Loop and Scan, and functions, stay as they
 * are.
 *
 * @param foldBatchNorm also puts BatchNormalization, and sums and products with a constant per
 *     channel, into the convolution or product before it
 */
public record Simplify(boolean foldBatchNorm) implements Compression {

  /** Key of the network metadata that says that it was simplified. */
  public static final String METADATA_KEY = "lathe.simplify";

  /** Each round exposes work to the next; real models settle after two. */
  private static final int MOST_ROUNDS = 10;

  /**
   * The simplified network.
   *
   * @param nodes how many there were and are
   * @param constants how many there were and are
   */
  public record Result(Network network, Change nodes, Change constants) implements Outcome {

    @Override
    public List<String> kept() {
      return List.of();
    }

    @Override
    public List<String> warnings() {
      return List.of();
    }
  }

  /** A number before and after. */
  public record Change(int before, int after) {}

  @Override
  public String describe() {
    return "constants, no-ops and duplicates" + (foldBatchNorm ? "; batch normalization" : "");
  }

  @Override
  public Result run(Network network, CompressionContext context) {
    List<Pass> passes = new ArrayList<>(PassPipeline.SIMPLIFY);
    Map<String, TensorFact> inputs = fixedInputs(network.graph().inputs());
    if (inputs != null) {
      passes.add(PassPipeline.FOLD_SHAPES);
    }
    if (foldBatchNorm) {
      passes.addAll(PassPipeline.FOLD_CHANNELS);
    }
    PassContext settings =
        new PassContext(
            new Planner(Operators.table(), KernelSelector.standard()),
            network.opsets(),
            inputs,
            new Notes());
    Graph before = network.graph();
    Graph graph = before;
    for (int round = 0; round < MOST_ROUNDS; round++) {
      Graph next = PassPipeline.run(passes, graph, settings);
      boolean settled =
          next.nodes().size() == graph.nodes().size()
              && next.constants().size() == graph.constants().size();
      graph = next;
      if (settled) {
        break;
      }
    }
    Network simplified = network.withGraph(graph);
    return new Result(
        Provenance.append(simplified, METADATA_KEY, describe()),
        new Change(before.nodes().size(), graph.nodes().size()),
        new Change(before.constants().size(), graph.constants().size()));
  }

  /** Facts of the inputs when all their dimensions are fixed. */
  private static @Nullable Map<String, TensorFact> fixedInputs(List<ValueInfo> inputs) {
    Map<String, TensorFact> facts = new LinkedHashMap<>();
    for (ValueInfo input : inputs) {
      if (input.dtype() == null || input.dims() == null) {
        return null;
      }
      long[] dims = new long[input.dims().size()];
      for (int i = 0; i < dims.length; i++) {
        if (!(input.dims().get(i) instanceof Dim.Fixed(long size))) {
          return null;
        }
        dims[i] = size;
      }
      facts.put(input.name(), TensorFact.of(input.dtype(), Shape.of(dims)));
    }
    return facts;
  }
}
