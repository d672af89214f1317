package dev.lathe.compress.recover;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.calibrate.NetworkActivations;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Moves outliers from activations to weights (Xiao et al., <i>SmoothQuant</i>, 2022): channel j of
 * a normalized value that only products read is divided by {@code s_j = sqrt(max|x_j| / max|w_j|)},
 * in the scale and the bias of the normalization, and the weights that read it are multiplied. The
 * normalization is a LayerNormalization, or a Mul by a constant and perhaps an Add of one.
 *
 * <p>s_j is the nearest power of two, so the network computes the same bits as before, unless a
 * number leaves the normal floats.
 */
public final class SmoothQuant {

  /** A value that can be scaled: the constants that do it, and the products that read it. */
  private record Site(String value, int channels, List<String> constants, List<String> readers) {}

  private final GraphEditor editor;

  private SmoothQuant(GraphEditor editor) {
    this.editor = editor;
  }

  /**
   * The smoothed network.
   *
   * @param values that were scaled
   */
  public record Result(Network network, List<String> values) {}

  /**
   * Smooths.
   *
   * @throws dev.lathe.error.UsageException when the context has no samples
   */
  public static Result run(Network network, CompressionContext context) {
    GraphEditor editor = GraphEditor.of(network.graph());
    SmoothQuant smooth = new SmoothQuant(editor);
    Map<String, Site> sites = new LinkedHashMap<>();
    for (Node node : editor.nodes()) {
      Site site = smooth.site(node);
      if (site != null) {
        sites.put(site.value, site);
      }
    }
    Map<String, double[]> ranges = ranges(network, sites, context);
    List<String> changed = new ArrayList<>();
    for (Site site : sites.values()) {
      if (smooth.apply(site, Objects.requireNonNull(ranges.get(site.value)))) {
        changed.add(site.value);
      }
    }
    return new Result(
        changed.isEmpty() ? network : network.withGraph(editor.toGraph()), List.copyOf(changed));
  }

  private @Nullable Site site(Node node) {
    List<String> readers = new ArrayList<>();
    int channels = 0;
    for (Node reader : editor.consumers(node.output(0))) {
      WeightView view =
          reader.is("Conv") || !reader.input(0).equals(node.output(0))
              ? null
              : Channels.view(editor, reader);
      if (view == null || (channels > 0 && view.channels() != channels)) {
        return null;
      }
      channels = view.channels();
      readers.add(reader.name());
    }
    List<String> constants = readers.isEmpty() ? List.of() : constants(node, channels);
    return constants.isEmpty() || editor.isOutput(node.output(0))
        ? null
        : new Site(node.output(0), channels, constants, readers);
  }

  /** The vectors that scale the last axis of what a node makes; none where it can't be scaled. */
  private List<String> constants(Node node, int channels) {
    if (node.is("LayerNormalization")) {
      boolean last = node.intAttribute("axis", -1) == -1;
      boolean alone = node.outputs().size() == 1;
      List<String> names = node.inputs().stream().skip(1).filter(name -> !name.isEmpty()).toList();
      return last && alone && names.stream().allMatch(name -> isVector(name, channels))
          ? names
          : List.of();
    }
    Node scale = node;
    List<String> names = new ArrayList<>();
    if (node.is("Add")) {
      int constant = isVector(node.input(1), channels) ? 1 : 0;
      String value = node.input(1 - constant);
      Node before = editor.producer(value);
      if (before == null
          || !isVector(node.input(constant), channels)
          || editor.onlyConsumer(value) == null) {
        return List.of();
      }
      names.add(node.input(constant));
      scale = before;
    }
    if (!scale.is("Mul")) {
      return List.of();
    }
    int constant = isVector(scale.input(1), channels) ? 1 : 0;
    if (!isVector(scale.input(constant), channels)) {
      return List.of();
    }
    names.add(scale.input(constant));
    return names;
  }

  private boolean isVector(String name, int channels) {
    Tensor tensor = editor.constant(name);
    return tensor != null
        && tensor.dtype() == DType.FLOAT32
        && tensor.shape().rank() == 1
        && tensor.elements() == channels
        && editor.consumers(name).size() == 1
        && !editor.isOutput(name);
  }

  /** Largest magnitude of every channel, the last axis. */
  private static Map<String, double[]> ranges(
      Network network, Map<String, Site> sites, CompressionContext context) {
    Map<String, double[]> ranges = new LinkedHashMap<>();
    sites.forEach((name, site) -> ranges.put(name, new double[site.channels]));
    try (SamplePass pass = context.requireSamples("repair smooth").open(network.graph().inputs());
        NetworkActivations source =
            NetworkActivations.of(network, sites.keySet(), context.runOptions())) {
      for (SampleBatch batch = pass.next();
          batch != null && !sites.isEmpty();
          batch = pass.next()) {
        source.run(
            batch.inputs(),
            (name, tensor) -> {
              double[] most = Objects.requireNonNull(ranges.get(name));
              for (long at = 0; at < tensor.elements(); at++) {
                int channel = (int) (at % most.length);
                most[channel] = Math.max(most[channel], Math.abs(tensor.f32(at)));
              }
            });
      }
    }
    return ranges;
  }

  private boolean apply(Site site, double[] ranges) {
    double[] weights = new double[site.channels];
    for (String name : site.readers) {
      Node reader = Objects.requireNonNull(editor.node(name));
      WeightView view = Objects.requireNonNull(Channels.view(editor, reader));
      double[] own = Channels.inputRanges(constant(reader.input(1)), view, site.channels);
      for (int j = 0; j < own.length; j++) {
        weights[j] = Math.max(weights[j], own[j]);
      }
    }
    int[] up = new int[site.channels];
    int[] down = new int[site.channels];
    for (int j = 0; j < up.length; j++) {
      up[j] = Channels.exponent(Math.sqrt(ranges[j] / weights[j]));
      down[j] = -up[j];
    }
    if (Channels.allZero(up)) {
      return false;
    }
    for (String name : site.constants) {
      editor.setConstant(name, Channels.scaled(constant(name), down));
    }
    for (String name : site.readers) {
      Node reader = Objects.requireNonNull(editor.node(name));
      WeightView view = Objects.requireNonNull(Channels.view(editor, reader));
      editor.setConstant(
          reader.input(1), Channels.scaledInputs(constant(reader.input(1)), view, up));
    }
    return true;
  }

  private Tensor constant(String name) {
    return Objects.requireNonNull(editor.constant(name), name);
  }
}
