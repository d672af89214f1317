package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A product whose results are fp32, and may go through a function while they are in the cache.
 * Subclasses run one block with their kernel.
 */
abstract class FloatGemmStep extends GemmStep {

  /**
   * Where the results go.
   *
   * @param dstImageBytes between the images
   * @param n columns of a group
   * @param stride elements between rows
   * @param activation applied to every result, or null
   */
  record Results(
      Slot dst, long dstImageBytes, int n, long stride, @Nullable FusedActivation activation) {

    long imageAt(int image, int group) {
      return image * dstImageBytes + 4L * group * n;
    }

    long at(Frame frame, int image, int group) {
      return frame.at(dst) + imageAt(image, group);
    }
  }

  final Results results;
  private final int mr;

  FloatGemmStep(GemmParts split, int groups, Results results) {
    super(split, groups);
    this.results = results;
    this.mr = split.mr();
  }

  /** Computes a block, without the function. */
  abstract void product(Frame frame, int image, int group, int mFrom, int mTo, int nFrom, int nTo);

  /** Name of the kernel. */
  abstract String product();

  @Override
  final void block(
      Frame frame, int part, int image, int group, int mFrom, int mTo, int nFrom, int nTo) {
    FusedActivation activation = results.activation;
    if (activation == null) {
      product(frame, image, group, mFrom, mTo, nFrom, nTo);
      return;
    }
    int rows = FusedActivation.chunkRows(nTo - nFrom, mr);
    MemorySegment dst = frame.segment(results.dst);
    for (int m = mFrom; m < mTo; m += rows) {
      int end = Math.min(mTo, m + rows);
      product(frame, image, group, m, end, nFrom, nTo);
      long at = results.at(frame, image, group) + 4 * (m * results.stride + nFrom);
      activation.apply(dst, at, end - m, nTo - nFrom, results.stride);
    }
  }

  @Override
  public final String kernel() {
    FusedActivation activation = results.activation;
    return activation == null ? product() : product() + " " + activation.kernel().name();
  }
}
