package dev.lathe.pass;

import dev.lathe.graph.Graph;
import java.util.List;

/**
 * The passes of a session, in order: those of the model once, those of a plan for every set of
 * input shapes.
 */
public final class PassPipeline {

  /** Before shapes are known; what they make of the model is shared by all plans. */
  public static final List<Pass> MODEL =
      List.of(
          new AlignOldBroadcasts(),
          FoldConstants.keepingQuantized(),
          new RemoveNoOps(),
          new ExpandFusedOperators(),
          new ExpandQuantizedOperators(),
          new WidenLevels(),
          new UnsignedActivations(),
          new MoveQuantization(),
          new RemoveDuplicates(),
          FoldConstants.keepingQuantized(),
          new LowerQuantizedProducts(),
          new TabulateLevels(),
          FoldConstants.all(),
          new FoldBatchNorm(),
          new FoldChannelwise());

  /** What writes fused operators as those they stand for; values keep their names. */
  public static final List<Pass> EXPAND =
      List.of(new ExpandFusedOperators(), new ExpandQuantizedOperators());

  /** What computes constants alone; quantized weights stay as they are. */
  public static final List<Pass> CONSTANTS = List.of(FoldConstants.keepingQuantized());

  /** With facts of every value. */
  public static final List<Pass> PLAN =
      List.of(
          new LowerQuantizedOperators(),
          new FoldKnownValues(),
          new FuseLayerNormalization(),
          new FuseGelu(),
          new FuseAttention(),
          new ToChannelsLast(),
          new SinkTransposes(),
          new HoistTransposes(),
          new SimplifyViews(),
          new RemoveDuplicates(),
          new FuseDynamicQuantization(),
          new FuseQuantized(),
          new FuseAdd(),
          new FuseProduct(),
          new FuseGate(),
          new FuseActivation(),
          new MultiplySigns());

  /** What a file is simplified by: standard operators stay standard ones. */
  public static final List<Pass> SIMPLIFY =
      List.of(
          FoldConstants.keepingQuantized(),
          new RemoveNoOps(),
          new RemoveDuplicates(),
          new ShareConstants());

  /** What also simplifies a file where the shapes of its inputs are known. */
  public static final Pass FOLD_SHAPES = new FoldShapes();

  /** Puts what scales and shifts channels into the product before it, which moves last bits. */
  public static final List<Pass> FOLD_CHANNELS =
      List.of(new FoldBatchNorm(), new FoldChannelwise());

  private PassPipeline() {}

  public static Graph run(List<Pass> passes, Graph graph, PassContext context) {
    Graph current = graph;
    for (Pass pass : passes) {
      current = pass.apply(current, context);
    }
    return current;
  }
}
