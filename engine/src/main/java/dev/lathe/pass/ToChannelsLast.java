package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns convolutions and pooling over one to three spatial axes into the internal NHWC operators,
 * each between two Transposes that {@link SinkTransposes} then moves out of the way. A mean over
 * the spatial axes becomes global pooling; a BatchNormalization of an image, a depthwise 1x1
 * convolution.
 */
final class ToChannelsLast implements Pass {

  @Override
  public String name() {
    return "to-channels-last";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    Sweep sweep = new Sweep(this, GraphEditor.of(graph), context.facts(graph), context);
    return sweep.run() ? sweep.graph.toGraph() : graph;
  }

  private record Sweep(Pass pass, GraphEditor graph, Facts facts, PassContext context) {

    boolean run() {
      boolean[] changed = {false};
      Edits.forEach(graph, node -> changed[0] |= visit(node));
      return changed[0];
    }

    private boolean visit(Node node) {
      if (!node.domain().isEmpty()) {
        return false;
      }
      TensorFact image = node.hasInput(0) ? facts.find(node.input(0)) : null;
      if (image == null || image.shape().rank() < 3 || image.shape().rank() > 5) {
        return false;
      }
      int rank = image.shape().rank();
      return switch (node.opType()) {
        case "Conv" -> conv(node, image, rank);
        case "ConvTranspose" -> convTranspose(node, image, rank);
        case "MaxPool", "AveragePool" -> pool(node, image, rank);
        case "GlobalAveragePool" -> isFloatImage(image) && globalAverage(node, rank);
        case "GlobalMaxPool" -> isFloatImage(image) && globalMax(node, image.shape());
        case "ReduceMean" -> isFloatImage(image) && mean(node, rank);
        case "BatchNormalization" -> isFloatImage(image) && rank == 4 && batchNorm(node);
        default -> false;
      };
    }

    private static boolean isFloatImage(TensorFact image) {
      return image.dtype() == DType.FLOAT32 && image.shape().rank() > 3;
    }

    private boolean conv(Node node, TensorFact image, int rank) {
      TensorFact weights = facts.find(node.input(1));
      if (image.dtype() != DType.FLOAT32
          || weights == null
          || weights.dtype() != DType.FLOAT32
          || weights.shape().rank() != rank) {
        context.notes().add(pass, node.name(), "runs over float32 only");
        return false;
      }
      Node anchor = biasKnown(node);
      Node inner =
          Edits.lathe(anchor, "Conv", anchor.inputs())
              .withInput(1, ChannelsLast.weights(graph, anchor, weights.shape()));
      replace(
          anchor,
          ChannelsLast.withAttributes(inner, ChannelsLast.windowAttributes(node, rank)),
          rank);
      return true;
    }

    private boolean convTranspose(Node node, TensorFact image, int rank) {
      Tensor weights = Edits.floats(graph, node.input(1));
      boolean biasKnown = !node.hasInput(2) || graph.constant(node.input(2)) != null;
      if (image.dtype() != DType.FLOAT32 || weights == null || !biasKnown) {
        context
            .notes()
            .add(pass, node.name(), "runs over float32 input with constant float32 weights only");
        return false;
      }
      Node inner =
          Edits.lathe(node, "ConvTranspose", node.inputs())
              .withInput(1, ChannelsLast.weights(graph, node.input(1), weights));
      replace(
          node,
          ChannelsLast.withAttributes(inner, ChannelsLast.windowAttributes(node, rank)),
          rank);
      return true;
    }

    /** The node, or one without bias and an addition behind it when the bias isn't constant. */
    private Node biasKnown(Node node) {
      if (!node.hasInput(2) || graph.constant(node.input(2)) != null) {
        return node;
      }
      int rank = facts.get(node.output(0)).shape().rank();
      long[] channels = new long[rank];
      Arrays.fill(channels, 1);
      channels[1] = facts.get(node.input(2)).shape().elements();
      String product = graph.freshName(node.output(0) + "/product");
      String bias = graph.freshName(node.input(2) + "/channels");
      Node reshape = Edits.reshape(graph, node.input(2), bias, channels);
      Node bare =
          node.withInputs(List.of(node.input(0), node.input(1))).withOutputs(List.of(product));
      Node add =
          Node.of(
              graph.freshName(node.name() + "/bias"),
              "",
              "Add",
              List.of(product, bias),
              node.outputs(),
              Map.of());
      graph.replace(node, reshape, bare, add);
      return bare;
    }

    private boolean pool(Node node, TensorFact image, int rank) {
      boolean quantized = image.dtype() == DType.UINT8 && node.is("MaxPool") && rank < 5;
      if ((image.dtype() != DType.FLOAT32 && !quantized) || !node.output(1).isEmpty()) {
        return false;
      }
      Node inner = Edits.lathe(node, quantized ? "QMaxPool" : node.opType(), node.inputs());
      replace(
          node,
          ChannelsLast.withAttributes(inner, ChannelsLast.windowAttributes(node, rank)),
          rank);
      return true;
    }

    private boolean globalAverage(Node node, int rank) {
      replace(node, Edits.lathe(node, "GlobalAveragePool", node.inputs()), rank);
      return true;
    }

    private boolean globalMax(Node node, Shape shape) {
      Map<String, Attribute> window = new LinkedHashMap<>();
      long[] spatial = Arrays.copyOfRange(shape.dims(), 2, shape.rank());
      window.put("kernel_shape", Edits.ints(spatial));
      replace(
          node,
          ChannelsLast.withAttributes(Edits.lathe(node, "MaxPool", node.inputs()), window),
          shape.rank());
      return true;
    }

    private boolean mean(Node node, int rank) {
      long[] axes = axes(node);
      if (axes == null || !ChannelsLast.areSpatial(axes, rank)) {
        return false;
      }
      String pooled = node.output(0);
      Node anchor = node;
      if (node.intAttribute("keepdims", 1) == 0) {
        Shape result = facts.get(node.output(0)).shape();
        pooled = graph.freshName(node.output(0) + "/pooled");
        Node flatten = Edits.reshape(graph, pooled, node.output(0), result.dims());
        Node keeping = node.withOutputs(List.of(pooled));
        graph.replace(node, keeping, flatten);
        anchor = keeping;
      }
      Node inner =
          Edits.lathe(node, "GlobalAveragePool", List.of(node.input(0)))
              .withOutputs(List.of(pooled));
      replace(anchor, ChannelsLast.withAttributes(inner, Map.of()), rank);
      return true;
    }

    private long @Nullable [] axes(Node node) {
      Tensor given = graph.constant(node.input(1));
      return given == null ? node.intsAttribute("axes") : given.toLongs();
    }

    private boolean batchNorm(Node node) {
      FoldBatchNorm.Affine affine = FoldBatchNorm.Affine.of(graph, node);
      if (affine == null) {
        return false;
      }
      int channels = affine.channels();
      float[] factors = new float[channels];
      float[] shifts = new float[channels];
      for (int c = 0; c < channels; c++) {
        factors[c] = (float) affine.factor(c);
        shifts[c] = (float) affine.shift(c);
      }
      Node inner =
          Edits.lathe(
                  node,
                  "Conv",
                  List.of(
                      node.input(0),
                      graph.addConstant(
                          node.name() + "/factor", Tensor.of(factors, channels, 1, 1, 1)),
                      graph.addConstant(node.name() + "/shift", Tensor.of(shifts, channels))))
              .withOutputs(List.of(node.output(0)));
      replace(
          node,
          ChannelsLast.withAttributes(inner, Map.of("group", new Attribute.Int(channels))),
          4);
      return true;
    }

    private void replace(Node anchor, Node inner, int rank) {
      ChannelsLast.replace(graph, anchor, inner, rank, context.opset());
    }
  }
}
