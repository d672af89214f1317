package dev.lathe.report.kernels;

import dev.lathe.kernel.SlabAxis;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.dispatch.SparseCosts;
import java.util.List;

/** From which sparsity on sparse kernels are faster than the dense one, by layer shape. */
public final class BreakEvenMap {

  /**
   * A convolution whose input and output are as large.
   *
   * @param name of the layer it is taken from
   */
  public record Layer(String name, int size, int kernel, int k, int n) {

    SlabShape shape(SparseCosts costs) {
      if (kernel == 1) {
        return costs.shape(SlabAxis.of(size * size), SlabAxis.of(1), k, n, k, n);
      }
      SlabAxis axis = new SlabAxis(size, size, kernel, 1, 1, kernel / 2);
      return costs.shape(axis, axis, k, n, k, n);
    }

    /** As the table says it: {@code 56x56, 3x3, 64 to 64}. */
    public String geometry() {
      return size + "x" + size + ", " + kernel + "x" + kernel + ", " + k + " to " + n;
    }
  }

  /** Layers of ResNet-50 and MobileNetV2. */
  public static final List<Layer> LAYERS =
      List.of(
          new Layer("ResNet-50 conv2", 56, 3, 64, 64),
          new Layer("ResNet-50 conv3", 28, 3, 128, 128),
          new Layer("ResNet-50 conv4", 14, 3, 256, 256),
          new Layer("ResNet-50 conv5", 7, 3, 512, 512),
          new Layer("ResNet-50 conv2", 56, 1, 64, 256),
          new Layer("ResNet-50 conv3", 28, 1, 512, 128),
          new Layer("ResNet-50 conv4", 14, 1, 1024, 256),
          new Layer("ResNet-50 conv5", 7, 1, 512, 2048),
          new Layer("MobileNetV2", 56, 1, 24, 144),
          new Layer("MobileNetV2", 14, 1, 64, 384),
          new Layer("MobileNetV2", 7, 1, 960, 320));

  /**
   * A line of the map, sparsities 0 to 1.
   *
   * @param single of weights that are zero one by one, or in blocks of 1x4 for integers
   * @param blocks of weights that are zero in blocks of 4x4
   */
  public record Line(Layer layer, double single, double blocks) {}

  private BreakEvenMap() {}

  /** The map of a processor. */
  public static List<Line> of(SparseCosts costs) {
    return LAYERS.stream()
        .map(
            layer -> {
              SlabShape shape = layer.shape(costs);
              return new Line(layer, costs.breakEven(shape, 1), costs.breakEven(shape, 4));
            })
        .toList();
  }
}
