package dev.lathe.compress.quantize;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How nodes of opsets 7 to 12 are written in opset 13, where that differs. */
final class UpgradeRules {

  private static final String NONE = "";

  private UpgradeRules() {}

  /** Rewrites one node in place; returns why it can't, or the empty string. */
  static String apply(GraphEditor editor, Node node, long opset) {
    return switch (node.opType()) {
      case "BatchNormalization" -> batchNormalization(editor, node);
      case "Clip" -> clip(editor, node, opset);
      case "Dropout" -> dropout(editor, node, opset);
      case "Hardmax", "LogSoftmax", "Softmax" -> softmax(editor, node);
      case "Pad" -> opset < 11 ? pad(editor, node) : NONE;
      case "ReduceSum", "Squeeze", "Unsqueeze" -> intsToInput(editor, node, "axes");
      case "Split" -> intsToInput(editor, node, "split");
      case "Slice" -> opset < 10 ? slice(editor, node) : NONE;
      case "TopK" -> opset < 10 ? topK(editor, node) : NONE;
      case "Resize" -> opset < 11 ? resize(editor, node, node.input(1)) : NONE;
      case "Upsample" -> upsample(editor, node);
      case "Scatter" -> replace(editor, node, "ScatterElements", node.inputs(), Set.of());
      case "If", "Loop", "Scan" -> "its sub-graphs would have to be lifted, too";
      default -> "no rule for this operator";
    };
  }

  private static String batchNormalization(GraphEditor editor, Node node) {
    if (node.intAttribute("spatial", 1) != 1) {
      return "spatial=0 does not exist any more";
    }
    return replace(editor, node, node.opType(), node.inputs(), Set.of("spatial"));
  }

  private static String clip(GraphEditor editor, Node node, long opset) {
    if (opset >= 11) {
      return NONE;
    }
    List<String> inputs = new ArrayList<>(List.of(node.input(0)));
    for (String bound : List.of("min", "max")) {
      inputs.add(
          node.attributes().containsKey(bound)
              ? editor.addConstant(
                  node.name() + "_" + bound, Tensor.scalar(node.floatAttribute(bound, 0)))
              : "");
    }
    return replace(editor, node, "Clip", trimmed(inputs), Set.of("min", "max"));
  }

  private static String dropout(GraphEditor editor, Node node, long opset) {
    if (opset >= 12) {
      return NONE;
    }
    boolean maskRead =
        !node.output(1).isEmpty()
            && (editor.isOutput(node.output(1)) || !editor.consumers(node.output(1)).isEmpty());
    // Outside training Dropout copies its input, whatever the ratio.
    return maskRead && opset < 10
        ? "the type of its mask has changed"
        : replace(editor, node, "Dropout", node.inputs(), Set.of("ratio"));
  }

  /**
   * Before opset 13 the input was flattened at the axis and normalized over all the rest. For the
   * last axis that is the same; otherwise Flatten and Reshape spell it out.
   */
  private static String softmax(GraphEditor editor, Node node) {
    int axis = (int) node.intAttribute("axis", 1);
    int rank = ValueTypes.of(editor.toGraph()).rank(node.input(0)).orElse(0);
    if (axis == -1 || (rank > 0 && axis == rank - 1)) {
      editor.replace(node, node.withAttribute("axis", new Attribute.Int(-1)));
      return NONE;
    }
    String shape = editor.freshName(node.name() + "_shape");
    String flat = editor.freshName(node.name() + "_flat");
    String result = editor.freshName(node.name() + "_normalized");
    editor.replace(
        node,
        node(editor, node, "Shape", List.of(node.input(0)), shape, Map.of()),
        node(
            editor,
            node,
            "Flatten",
            List.of(node.input(0)),
            flat,
            Map.of("axis", new Attribute.Int(axis))),
        node.withInputs(List.of(flat))
            .withOutputs(List.of(result))
            .withAttribute("axis", new Attribute.Int(-1)),
        node(editor, node, "Reshape", List.of(result, shape), node.output(0), Map.of()));
    return NONE;
  }

  private static Node node(
      GraphEditor editor,
      Node origin,
      String opType,
      List<String> inputs,
      String output,
      Map<String, Attribute> attributes) {
    return Node.of(
        editor.freshName(origin.name() + "_" + opType),
        "",
        opType,
        inputs,
        List.of(output),
        attributes);
  }

  private static String pad(GraphEditor editor, Node node) {
    List<String> inputs = new ArrayList<>(List.of(node.input(0)));
    inputs.add(ints(editor, node, "pads"));
    inputs.add(
        editor.addConstant(node.name() + "_value", Tensor.scalar(node.floatAttribute("value", 0))));
    return replace(editor, node, "Pad", inputs, Set.of("pads", "value"));
  }

  private static String slice(GraphEditor editor, Node node) {
    List<String> inputs = new ArrayList<>(List.of(node.input(0)));
    inputs.add(ints(editor, node, "starts"));
    inputs.add(ints(editor, node, "ends"));
    if (node.attributes().containsKey("axes")) {
      inputs.add(ints(editor, node, "axes"));
    }
    return replace(editor, node, "Slice", inputs, Set.of("starts", "ends", "axes"));
  }

  private static String topK(GraphEditor editor, Node node) {
    String k =
        editor.addConstant(
            node.name() + "_k", Tensor.of(new long[] {node.intAttribute("k", 1)}, 1));
    return replace(editor, node, "TopK", List.of(node.input(0), k), Set.of("k"));
  }

  private static String upsample(GraphEditor editor, Node node) {
    if (node.hasInput(1)) {
      return resize(editor, node, node.input(1));
    }
    if (!(node.attributes().get("scales") instanceof Attribute.Reals scales)) {
      return "it has no scales";
    }
    float[] values = new float[scales.values().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = scales.values().get(i);
    }
    return resize(
        editor,
        node,
        editor.addConstant(node.name() + "_scales", Tensor.of(values, values.length)));
  }

  /** Resize of opset 10 and Upsample sampled at {@code floor(x / scale)}. */
  private static String resize(GraphEditor editor, Node node, String scales) {
    Node asymmetric =
        node.withAttribute("coordinate_transformation_mode", new Attribute.Text("asymmetric"))
            .withAttribute("nearest_mode", new Attribute.Text("floor"));
    Node changed =
        changed(asymmetric, "Resize", List.of(node.input(0), "", scales), Set.of("scales"));
    editor.replace(node, changed);
    return NONE;
  }

  private static String intsToInput(GraphEditor editor, Node node, String key) {
    if (!node.attributes().containsKey(key)) {
      return NONE;
    }
    List<String> inputs = List.of(node.input(0), ints(editor, node, key));
    return replace(editor, node, node.opType(), inputs, Set.of(key));
  }

  private static String ints(GraphEditor editor, Node node, String key) {
    long[] values = node.intsAttribute(key);
    long[] used = values == null ? new long[0] : values;
    return editor.addConstant(node.name() + "_" + key, Tensor.of(used, used.length));
  }

  private static String replace(
      GraphEditor editor, Node node, String opType, List<String> inputs, Set<String> dropped) {
    editor.replace(node, changed(node, opType, inputs, dropped));
    return NONE;
  }

  private static Node changed(
      Node node, String opType, List<String> inputs, Set<String> droppedAttributes) {
    Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
    attributes.keySet().removeAll(droppedAttributes);
    return new Node(
        node.name(),
        node.domain(),
        opType,
        inputs,
        node.outputs(),
        attributes,
        node.metadata(),
        node.opaque());
  }

  private static List<String> trimmed(List<String> inputs) {
    List<String> used = new ArrayList<>(inputs);
    while (used.size() > 1 && used.getLast().isEmpty()) {
      used.removeLast();
    }
    return used;
  }
}
