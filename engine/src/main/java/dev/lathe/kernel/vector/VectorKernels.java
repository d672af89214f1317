package dev.lathe.kernel.vector;

import dev.lathe.kernel.Kernel;
import java.util.List;
import jdk.incubator.vector.VectorShape;

/**
 * The kernels written with the Vector API, best first. Touch only when module jdk.incubator.vector
 * is resolved.
 */
public final class VectorKernels {

  private VectorKernels() {}

  /** Width in bits of the vectors this JVM prefers, at most 512. */
  public static int preferredBits() {
    return Math.min(512, VectorShape.preferredShape().vectorBitSize());
  }

  public static List<Kernel> all() {
    return List.of();
  }
}
