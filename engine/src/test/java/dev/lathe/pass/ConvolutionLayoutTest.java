package dev.lathe.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions as the passes rewrite them, against the plain sums of the ONNX operator. */
class ConvolutionLayoutTest {

  private static Graph check(NetworkBuilder net, Graph graph) {
    Graph optimized = NetworkBuilder.optimize(graph);
    float[] expected = net.evaluate(graph).getFirst().toFloats();
    Tensor actual = net.evaluate(optimized).getFirst();
    assertThat(actual.elements()).isEqualTo(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual.f32(i)).as("element %d", i).isCloseTo(expected[i], within(2e-5f));
    }
    return optimized;
  }

  private static Map<String, Attribute> window(int axes, int kernel, int stride, int dilation) {
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    attributes.put("kernel_shape", repeated(axes, kernel));
    attributes.put("strides", repeated(axes, stride));
    attributes.put("dilations", repeated(axes, dilation));
    return attributes;
  }

  private static Attribute repeated(int axes, long value) {
    return new Attribute.Ints(java.util.Collections.nCopies(axes, value));
  }

  private static long[] shape(long first, long second, int axes, long extent) {
    long[] shape = new long[2 + axes];
    shape[0] = first;
    shape[1] = second;
    for (int axis = 0; axis < axes; axis++) {
      shape[2 + axis] = extent + (extent > 4 ? axis : 0);
    }
    return shape;
  }

  @ParameterizedTest
  @CsvSource({
    // axes, channels, outputs, group, kernel, stride, dilation, pad before, pad after
    "1, 3, 4, 1, 3, 1, 1, 1, 1",
    "1, 20, 6, 2, 3, 2, 2, 0, 3",
    "1, 6, 6, 6, 5, 1, 1, 2, 2",
    "2, 3, 34, 1, 3, 2, 1, 1, 0",
    "2, 18, 4, 1, 3, 1, 2, 2, 1",
    "2, 18, 6, 3, 2, 1, 1, 0, 1",
    "2, 6, 6, 6, 3, 2, 1, 1, 1",
    "2, 6, 12, 6, 3, 1, 1, 1, 1",
    "2, 20, 5, 1, 1, 1, 1, 0, 0",
    "3, 1, 5, 1, 3, 1, 1, 1, 1",
    "3, 2, 5, 1, 3, 2, 1, 0, 1",
    "3, 17, 5, 1, 2, 1, 2, 1, 0",
    "3, 4, 6, 2, 3, 1, 1, 1, 1",
    "3, 5, 5, 5, 3, 1, 1, 1, 1",
    "3, 17, 5, 1, 1, 1, 1, 0, 0"
  })
  void everyForm(
      int axes,
      long channels,
      long outputs,
      long group,
      int kernel,
      int stride,
      int dilation,
      long before,
      long after) {
    for (boolean known : new boolean[] {true, false}) {
      NetworkBuilder each = new NetworkBuilder();
      Map<String, Attribute> attributes = window(axes, kernel, stride, dilation);
      attributes.put("group", new Attribute.Int(group));
      long[] pads = new long[2 * axes];
      java.util.Arrays.fill(pads, 0, axes, before);
      java.util.Arrays.fill(pads, axes, 2 * axes, after);
      attributes.put("pads", Edits.ints(pads));
      String x = each.input("x", shape(2, channels, axes, 7));
      long[] weights = shape(outputs, channels / group, axes, kernel);
      String w = known ? each.constant(each.normal(0.2, weights)) : each.input("w", weights);
      String b = known ? each.constant(each.normal(1, outputs)) : each.input("b", outputs);
      Graph graph = each.build(each.op("Relu", each.op("Conv", attributes, x, w, b)));
      Graph optimized = check(each, graph);
      assertThat(NetworkBuilder.count(optimized, "dev.lathe.Conv")).isOne();
    }
  }

  @ParameterizedTest
  @CsvSource({
    // axes, channels, outputs per group, group, kernel, stride, dilation, pad before, pad after,
    // extra
    "1, 5, 7, 1, 4, 2, 1, 1, 1, 0",
    "2, 16, 33, 1, 2, 2, 1, 0, 0, 0",
    "2, 5, 6, 1, 4, 2, 1, 1, 1, 0",
    "2, 6, 2, 3, 3, 2, 1, 1, 0, 1",
    "2, 5, 3, 1, 3, 1, 1, 1, 1, 0",
    "2, 5, 3, 1, 3, 2, 2, 0, 2, 0",
    "2, 5, 3, 1, 2, 3, 1, 0, 0, 2",
    "2, 4, 1, 4, 4, 2, 1, 1, 1, 0",
    "3, 3, 4, 1, 3, 2, 1, 1, 1, 1",
    "3, 4, 2, 2, 2, 2, 3, 0, 1, 0"
  })
  void everyTransposedForm(
      int axes,
      long channels,
      long outputs,
      long group,
      int kernel,
      int stride,
      int dilation,
      long before,
      long after,
      long extra) {
    NetworkBuilder net = new NetworkBuilder();
    Map<String, Attribute> attributes = window(axes, kernel, stride, dilation);
    attributes.put("group", new Attribute.Int(group));
    attributes.put("output_padding", repeated(axes, extra));
    long[] pads = new long[2 * axes];
    java.util.Arrays.fill(pads, 0, axes, before);
    java.util.Arrays.fill(pads, axes, 2 * axes, after);
    attributes.put("pads", Edits.ints(pads));
    String x = net.input("x", shape(2, channels, axes, 5));
    String w = net.constant(net.normal(0.3, shape(channels, outputs, axes, kernel)));
    String b = net.constant(net.normal(1, outputs * group));
    String y = net.op("ConvTranspose", attributes, x, w, b);
    if (axes == 2) {
      y = net.batchNorm(y, outputs * group);
    }
    Graph optimized = check(net, net.build(net.op("Relu", y)));
    assertThat(NetworkBuilder.count(optimized, "dev.lathe.ConvTranspose")).isOne();
    assertThat(NetworkBuilder.count(optimized, "Relu")).isZero();
  }

  @Test
  void volumesStayChannelsLast() {
    NetworkBuilder net = new NetworkBuilder();
    String x = net.input("x", 1, 2, 6, 7, 8);
    Map<String, Attribute> attributes = window(3, 3, 1, 1);
    String y = net.op("Conv", attributes, x, net.constant(net.normal(0.2, 20, 2, 3, 3, 3)));
    y = net.op("Relu", y);
    y = net.op("MaxPool", window(3, 2, 2, 1), y);
    y = net.op("Conv", window(3, 1, 1, 1), y, net.constant(net.normal(0.2, 5, 20, 1, 1, 1)));
    y = net.op("AveragePool", window(3, 2, 1, 1), y);
    y = net.op("Flatten", net.op("GlobalAveragePool", y));
    Graph result = check(net, net.build(y));
    assertThat(NetworkBuilder.count(result, "Transpose")).isOne();
    assertThat(NetworkBuilder.count(result, "dev.lathe.MaxPool")).isOne();
  }

  @Test
  void paddingByNameIsResolved() {
    for (String name : List.of("SAME_UPPER", "SAME_LOWER", "VALID")) {
      NetworkBuilder each = new NetworkBuilder();
      Map<String, Attribute> attributes = window(2, 3, 2, 1);
      attributes.put("auto_pad", new Attribute.Text(name));
      String x = each.input("x", 1, 3, 8, 7);
      String w = each.constant(each.normal(0.2, 5, 3, 3, 3));
      check(each, each.build(each.op("Conv", attributes, x, w)));
    }
  }
}
