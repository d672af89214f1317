package dev.lathe.sample;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Network;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * BERT-mini: four layers of width 256 and four heads over 128 token ids; LayerNorm and GELU
 * decomposed as exporters do.
 */
record BertMini() implements Topology {

  private static final int LAYERS = 4;
  private static final int WIDTH = 256;
  private static final int HEADS = 4;
  private static final int LENGTH = 128;
  private static final int VOCABULARY = 30_522;

  @Override
  public String name() {
    return "bert-mini";
  }

  @Override
  public String source() {
    return "Turc et al., Well-Read Students Learn Better, 2019; L=4, H=256";
  }

  @Override
  public Network build(long seed) {
    NetworkBuilder net = new NetworkBuilder(seed);
    net.constant("words", net.normal(0.02, VOCABULARY, WIDTH));
    net.constant("positions", net.normal(0.02, LENGTH, WIDTH));
    net.constant("two", Tensor.scalar(2));
    net.constant("epsilon", Tensor.scalar(1e-12f));
    net.constant("half", Tensor.scalar(0.5f));
    net.constant("one", Tensor.scalar(1));
    net.constant("sqrt2", Tensor.scalar((float) Math.sqrt(2)));
    net.constant("scale", Tensor.scalar((float) Math.sqrt((double) WIDTH / HEADS)));
    net.constant("split", Tensor.of(new long[] {0, LENGTH, HEADS, WIDTH / HEADS}, 4));
    net.constant("join", Tensor.of(new long[] {0, LENGTH, WIDTH}, 3));
    String x = net.node("Gather", "embed", WIDTH, Map.of(), "words", "input_ids");
    x = norm(net, net.node("Add", "embed.sum", WIDTH, Map.of(), x, "positions"), "embed.norm");
    for (int layer = 0; layer < LAYERS; layer++) {
      String name = "layer" + layer;
      String attended = attention(net, x, name);
      x = norm(net, net.add(name + ".residual1", attended, x), name + ".norm1");
      String hidden = gelu(net, net.linear(x, name + ".up", 4 * WIDTH), name + ".gelu");
      String down = net.linear(hidden, name + ".down", WIDTH);
      x = norm(net, net.add(name + ".residual2", down, x), name + ".norm2");
    }
    String output = net.node("Identity", "last_hidden_state", WIDTH, Map.of(), x);
    ValueInfo ids =
        new ValueInfo(
            "input_ids",
            DType.INT64,
            List.of(new Dim.Symbol("batch"), new Dim.Fixed(LENGTH)),
            null);
    return net.build(name(), List.of(ids), List.of(NetworkBuilder.batched(output, LENGTH, WIDTH)));
  }

  private static String heads(
      NetworkBuilder net, String x, String name, String what, long... order) {
    String projected = net.linear(x, name + "." + what, WIDTH);
    String split =
        net.node("Reshape", name + "." + what + ".split", 0, Map.of(), projected, "split");
    return net.node(
        "Transpose",
        name + "." + what + ".heads",
        0,
        Map.of("perm", NetworkBuilder.ints(order)),
        split);
  }

  private static String attention(NetworkBuilder net, String x, String name) {
    String q = heads(net, x, name, "query", 0, 2, 1, 3);
    String k = heads(net, x, name, "key", 0, 2, 3, 1);
    String v = heads(net, x, name, "value", 0, 2, 1, 3);
    String scores = net.node("MatMul", name + ".scores", 0, Map.of(), q, k);
    String scaled = net.node("Div", name + ".scaled", 0, Map.of(), scores, "scale");
    String weights =
        net.node("Softmax", name + ".softmax", 0, Map.of("axis", new Attribute.Int(-1)), scaled);
    String mixed = net.node("MatMul", name + ".mixed", 0, Map.of(), weights, v);
    String back =
        net.node(
            "Transpose", name + ".back", 0, Map.of("perm", NetworkBuilder.ints(0, 2, 1, 3)), mixed);
    String joined = net.node("Reshape", name + ".join", WIDTH, Map.of(), back, "join");
    return net.linear(joined, name + ".output", WIDTH);
  }

  private static String norm(NetworkBuilder net, String x, String name) {
    Map<String, Attribute> lastAxis = Map.of("axes", NetworkBuilder.ints(-1));
    String mean = net.node("ReduceMean", name + ".mean", 1, lastAxis, x);
    String centred = net.node("Sub", name + ".centred", WIDTH, Map.of(), x, mean);
    String squared = net.node("Pow", name + ".squared", WIDTH, Map.of(), centred, "two");
    String variance = net.node("ReduceMean", name + ".variance", 1, lastAxis, squared);
    String shifted = net.node("Add", name + ".shifted", 1, Map.of(), variance, "epsilon");
    String deviation = net.node("Sqrt", name + ".deviation", 1, Map.of(), shifted);
    String unit = net.node("Div", name + ".unit", WIDTH, Map.of(), centred, deviation);
    float[] ones = new float[WIDTH];
    Arrays.fill(ones, 1);
    net.constant(name + ".gamma", Tensor.of(ones, WIDTH));
    net.constant(name + ".beta", net.normal(0.01, WIDTH));
    String scaled = net.node("Mul", name + ".scaled", WIDTH, Map.of(), unit, name + ".gamma");
    return net.node("Add", name, WIDTH, Map.of(), scaled, name + ".beta");
  }

  private static String gelu(NetworkBuilder net, String x, String name) {
    int width = net.channels(x);
    String scaled = net.node("Div", name + ".scaled", width, Map.of(), x, "sqrt2");
    String erf = net.node("Erf", name + ".erf", width, Map.of(), scaled);
    String shifted = net.node("Add", name + ".shifted", width, Map.of(), erf, "one");
    String product = net.node("Mul", name + ".product", width, Map.of(), x, shifted);
    return net.node("Mul", name, width, Map.of(), product, "half");
  }
}
