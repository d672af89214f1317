package dev.lathe.compress.recover;

import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Node;
import dev.lathe.op.SlidingWindow;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;

/** The patches of an image [N, C, spatial...] that a convolution sees, zeros in the padding. */
final class PatchRows implements InputRows {

  private static final int PADDING = -1;

  private final Tensor input;
  private final WeightView view;
  private final SlidingWindow window;
  private final int plane;
  private final int[] offsets;
  private long image;

  PatchRows(Node node, Weight weight, Tensor input) {
    Shape shape = input.shape();
    this.input = input;
    this.view = weight.view();
    this.window = SlidingWindow.of(node, spatial(shape), spatial(weight.tensor().shape()));
    this.plane = Math.toIntExact(shape.product(2, shape.rank()));
    this.offsets = new int[view.taps()];
  }

  private static int[] spatial(Shape shape) {
    int[] extents = new int[shape.rank() - 2];
    for (int i = 0; i < extents.length; i++) {
      extents[i] = shape.intDim(i + 2);
    }
    return extents;
  }

  @Override
  public long count() {
    return input.shape().dim(0) * window.outPixels();
  }

  @Override
  public void moveTo(long row) {
    image = row / window.outPixels();
    int pixel = (int) (row % window.outPixels());
    for (int tap = 0; tap < offsets.length; tap++) {
      offsets[tap] = offset(pixel, tap);
    }
  }

  private int offset(int pixel, int tap) {
    int offset = 0;
    int stride = 1;
    for (int axis = window.axes() - 1; axis >= 0; axis--) {
      int position = window.position(axis, pixel % window.out(axis), tap % window.kernel(axis));
      if (position < 0) {
        return PADDING;
      }
      offset += position * stride;
      stride *= window.in(axis);
      pixel /= window.out(axis);
      tap /= window.kernel(axis);
    }
    return offset;
  }

  @Override
  public void read(int batch, float[] into, int at) {
    int channels = view.channels();
    long first = (image * input.shape().dim(1) + (long) batch * channels) * plane;
    int to = at;
    for (int offset : offsets) {
      for (int c = 0; c < channels; c++) {
        into[to++] = offset == PADDING ? 0 : input.f32(first + (long) c * plane + offset);
      }
    }
  }
}
