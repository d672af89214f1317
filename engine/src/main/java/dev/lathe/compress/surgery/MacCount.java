package dev.lathe.compress.surgery;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Multiply-accumulates of a graph as channels go. */
public final class MacCount {

  /**
   * A node's multiply-accumulates.
   *
   * @param macs with all channels
   * @param factors dimensions they are proportional to
   */
  record Product(long macs, List<Axis> factors) {}

  private final List<Product> products;
  private final Map<Axis, Integer> extents;
  private final Map<Axis, Integer> left;
  private final Map<Axis, List<Product>> readers = new HashMap<>();

  MacCount(List<Product> products, Map<Axis, Integer> extents) {
    this.products = List.copyOf(products);
    this.extents = Map.copyOf(extents);
    this.left = new HashMap<>(extents);
    for (Product product : products) {
      for (Axis axis : product.factors()) {
        readers.computeIfAbsent(axis, none -> new ArrayList<>()).add(product);
      }
    }
  }

  /** What the graph takes now. */
  public double total() {
    return products.stream().mapToDouble(this::of).sum();
  }

  /** Takes channels away. */
  public void remove(List<Channel> channels) {
    change(channels, -1);
  }

  /** What the graph would take less if channels went as well. */
  public double saved(List<Channel> channels) {
    List<Product> touched =
        channels.stream()
            .flatMap(channel -> channel.indices().keySet().stream())
            .distinct()
            .flatMap(axis -> readers.getOrDefault(axis, List.of()).stream())
            .distinct()
            .toList();
    double before = touched.stream().mapToDouble(this::of).sum();
    change(channels, -1);
    double after = touched.stream().mapToDouble(this::of).sum();
    change(channels, 1);
    return before - after;
  }

  private void change(List<Channel> channels, int sign) {
    for (Channel channel : channels) {
      channel
          .indices()
          .forEach(
              (axis, indices) ->
                  left.computeIfPresent(axis, (same, count) -> count + sign * indices.length));
    }
  }

  private double of(Product product) {
    double macs = product.macs();
    for (Axis axis : product.factors()) {
      macs *= (double) left.getOrDefault(axis, 1) / extents.getOrDefault(axis, 1);
    }
    return macs;
  }
}
