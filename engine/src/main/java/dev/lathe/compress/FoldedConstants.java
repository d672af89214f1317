package dev.lathe.compress;

import dev.lathe.graph.LocalFunctions;
import dev.lathe.graph.Network;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.op.Operators;
import dev.lathe.pass.Notes;
import dev.lathe.pass.PassContext;
import dev.lathe.pass.PassPipeline;
import dev.lathe.plan.Planner;

/** Computes ahead what depends on constants alone, so that every weight is an initializer. */
public final class FoldedConstants {

  private FoldedConstants() {}

  /** The network with its functions inlined and its constants computed; what is quantized stays. */
  public static Network of(Network network) {
    PassContext context =
        new PassContext(
            new Planner(Operators.table(), KernelSelector.standard()),
            network.opsets(),
            null,
            new Notes());
    return network.withGraph(
        PassPipeline.run(PassPipeline.CONSTANTS, LocalFunctions.inlined(network).graph(), context));
  }
}
