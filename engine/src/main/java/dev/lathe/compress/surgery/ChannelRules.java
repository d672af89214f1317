package dev.lathe.compress.surgery;

import dev.lathe.graph.Node;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Every rule. Operators without one keep all they touch. */
final class ChannelRules {

  private static final List<ChannelRule> ALL =
      List.of(
          new AlongAxisRule(),
          new BatchNormRule(),
          new ConcatRule(),
          new ConvRule(),
          new ConvTransposeRule(),
          new DepthToSpaceRule(),
          new ElementwiseRule(),
          new GatherRule(),
          new GemmRule(),
          new MatMulRule(),
          new PadRule(),
          new PoolRule(),
          new ReduceRule(),
          new ResizeRule(),
          new SliceRule(),
          new SplitRule(),
          new TransposeRule(),
          new ViewRule());

  private static final Map<String, ChannelRule> BY_OPERATOR = new HashMap<>();

  static {
    for (ChannelRule rule : ALL) {
      rule.operators().forEach(operator -> BY_OPERATOR.put(operator, rule));
    }
  }

  private ChannelRules() {}

  /** The rule of a node, or null. */
  static @Nullable ChannelRule of(Node node) {
    return node.domain().isEmpty() || node.domain().equals("ai.onnx")
        ? BY_OPERATOR.get(node.opType())
        : null;
  }
}
