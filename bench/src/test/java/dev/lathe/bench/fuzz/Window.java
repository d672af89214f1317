package dev.lathe.bench.fuzz;

import static dev.lathe.bench.fuzz.Grower.attribute;

import dev.lathe.graph.Attribute;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A sliding window over the last axes of a value. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Window(long[] kernel, long[] strides, long[] dilations, long[] pads) {

  /** A window that fits a value, with dilations when asked for; null when none was found. */
  static @Nullable Window random(Grower g, Grower.Value x, int axes, boolean dilated) {
    Window window = new Window(new long[axes], new long[axes], new long[axes], new long[2 * axes]);
    for (int axis = 0; axis < axes; axis++) {
      window.kernel[axis] = g.oneOf(1, 2, 3, 3, 5);
      window.strides[axis] = g.between(1, 2);
      window.dilations[axis] = dilated && g.chance(0.2) ? 2 : 1;
      window.pads[axis] = g.between(0, (int) (window.kernel[axis] - 1) / 2);
      window.pads[axis + axes] = g.between(0, (int) (window.kernel[axis] - 1) / 2);
      if (window.size(x.shape()[axis + 2], axis) < 1) {
        return null;
      }
    }
    return window;
  }

  private long size(long in, int axis) {
    long reach = (kernel[axis] - 1) * dilations[axis] + 1;
    return Math.floorDiv(in + pads[axis] + pads[axis + kernel.length] - reach, strides[axis]) + 1;
  }

  /** Shape after the window, channels kept. */
  long[] shape(long[] in) {
    long[] out = in.clone();
    for (int axis = 0; axis < kernel.length; axis++) {
      out[axis + 2] = size(in[axis + 2], axis);
    }
    return out;
  }

  Map<String, Attribute> attributes(boolean dilated) {
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    attributes.put("kernel_shape", attribute(kernel));
    attributes.put("strides", attribute(strides));
    attributes.put("pads", attribute(pads));
    if (dilated) {
      attributes.put("dilations", attribute(dilations));
    }
    return attributes;
  }
}
