package dev.lathe.compress.quantize;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.LocalFunctions;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.op.Operators;
import dev.lathe.pass.Notes;
import dev.lathe.pass.PassContext;
import dev.lathe.pass.PassPipeline;
import dev.lathe.plan.Planner;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings a float network into the form integer operators have: simplified as for execution
 * (BatchNormalization folded into the product before it), and with a constant added to a matrix
 * product as its bias, which stays exact in int32.
 */
final class Preparation {

  private Preparation() {}

  static Network run(Network network) {
    PassContext context =
        new PassContext(
            new Planner(Operators.table(), KernelSelector.standard()),
            network.opsets(),
            null,
            new Notes());
    Graph simplified =
        PassPipeline.run(PassPipeline.MODEL, LocalFunctions.inlined(network).graph(), context);
    GraphEditor editor = GraphEditor.of(simplified);
    ValueTypes types = ValueTypes.of(simplified);
    for (Node node : editor.nodes()) {
      if (node.is("Add") && editor.contains(node)) {
        foldBias(editor, node, types);
      }
    }
    return network.withGraph(editor.toGraph());
  }

  private static void foldBias(GraphEditor editor, Node add, ValueTypes types) {
    for (int side = 0; side < 2; side++) {
      Tensor constant = editor.constant(add.input(1 - side));
      Node product = editor.producer(add.input(side));
      if (constant == null
          || product == null
          || editor.onlyConsumer(add.input(side)) == null
          || !types.isFloat(add.input(1 - side))) {
        continue;
      }
      Node merged = withBias(editor, product, constant, add.input(1 - side), types);
      if (merged != null) {
        editor.remove(product);
        editor.replace(add, merged.withOutputs(List.of(add.output(0))));
        return;
      }
    }
  }

  private static @Nullable Node withBias(
      GraphEditor editor, Node product, Tensor constant, String name, ValueTypes types) {
    if (product.is("MatMul")) {
      Tensor weight = editor.constant(product.input(1));
      boolean matrices =
          weight != null
              && weight.shape().rank() == 2
              && types.rank(product.input(0)).orElse(0) == 2;
      boolean row =
          weight != null
              && constant.elements() == weight.shape().dim(1)
              && constant.shape().rank() <= 2
              && constant.shape().rank() > 0
              && constant.shape().dim(-1) == constant.elements();
      if (matrices && row) {
        List<String> inputs = new ArrayList<>(product.inputs());
        inputs.add(bias(editor, name, constant));
        return new Node(
            product.name(),
            "",
            "Gemm",
            inputs,
            product.outputs(),
            Map.<String, Attribute>of(),
            product.metadata(),
            null);
      }
    }
    return null;
  }

  private static String bias(GraphEditor editor, String name, Tensor constant) {
    return editor.addConstant(name + "_bias", constant.reshape(Shape.of(constant.elements())));
  }
}
