package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.tensor.Tensor.I64;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.DepthwiseU8S8;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.Window;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@link DepthwiseU8S8} through float32, in which it is exact.
 *
 * <pre>
 * for a panel of nr channels
 *   for an output row
 *     widen the input rows that are new to the window: x - zeroPoint as float32, in a ring
 *     for 4 output columns: sums in registers, then the requantization
 * </pre>
 *
 * <p>A widened row has columns of zeros left and right, and a row of zeros stands in for the rows
 * outside the image, so that no tap is special.
 *
 * <p>Range: 258 taps of at most 255 * 255 stay within 2^24; of larger kernels parts are summed in
 * int32.
 */
final class VectorDepthwiseU8S8 implements DepthwiseU8S8 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final DepthwiseTilesU8 TILES =
      Specialization.of(VectorDepthwiseTilesU8.class, ISA);
  private static final StagesU8S8 STAGES = Specialization.of(VectorStagesU8S8.class, ISA);
  private static final int COLUMNS = DepthwiseTilesU8.COLUMNS;
  private static final int NR = TILES.nr();
  private static final long NR_BYTES = 4L * NR;
  private static final long TILE_BYTES = COLUMNS * NR_BYTES;

  /** Taps that are exact in float32. */
  private static final int EXACT_TAPS = 258;

  @Override
  public KernelName name() {
    return KernelName.of("u8s8", "dwconv", COLUMNS, NR, ISA);
  }

  @Override
  public void run(
      Window window,
      Requantize epilogue,
      MemorySegment weights,
      MemorySegment src,
      long srcAt,
      int srcZeroPoint,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo) {
    Objects.checkFromToIndex(rowFrom, rowTo, window.outHeight());
    int channels = window.channels();
    long columnBytes = 4L * Math.ceilDiv(channels, 16) * 16;
    Vectors.address(epilogue.bias(), 0, columnBytes);
    Vectors.address(epilogue.scale(), 0, columnBytes);
    long w = Vectors.address(weights, 0, 2L * window.taps() * channels);
    long x = Vectors.address(src, srcAt, window.inElements());
    long y = Vectors.address(dst, dstAt, window.outElements());
    Requantize.Addend plus = epilogue.addend();
    long pixels = (long) window.outHeight() * window.outWidth();
    long r =
        plus == null || addend == null || pixels == 0
            ? 0
            : Vectors.address(addend, addendAt, (pixels - 1) * plus.stride() + channels);

    long rowBytes = columns(window) * NR_BYTES;
    long weightBytes = window.taps() * NR_BYTES;
    long table = Math.ceilDiv(8L * window.kernelHeight(), 64) * 64;
    long ringBytes = rowBytes * ringRows(window);
    long work = Scratch.address(2 * TILE_BYTES + weightBytes + table + rowBytes + ringBytes);
    long panelWeights = work + 2 * TILE_BYTES;
    long zeros = panelWeights + weightBytes + table;
    ALL.asSlice(panelWeights, weightBytes + table + rowBytes + ringBytes).fill((byte) 0);
    for (int c = 0; c < channels; c += NR) {
      int count = Math.min(NR, channels - c);
      TILES.widenWeights(w + 2L * c, 2L * channels, window.taps(), count, panelWeights);
      int done = 0;
      for (int oh = rowFrom; oh < rowTo; oh++) {
        done = Math.max(done, window.inRow(oh, 0));
        int end = Math.min(window.inHeight(), window.inRow(oh, window.kernelHeight() - 1) + 1);
        for (; done < end; done++) {
          long row = x + window.inElement(done, 0, c);
          widen(window, row, count, srcZeroPoint, ringRow(window, zeros, done));
        }
        tabulate(window, oh, zeros, panelWeights + weightBytes);
        long pixel = (long) oh * window.outWidth();
        long residual = r == 0 || plus == null ? 0 : r + pixel * plus.stride() + c;
        row(window, epilogue, work, c, residual, y + pixel * channels + c);
      }
    }
  }

  /** Columns of a widened row: all that a row of whole tiles reads. */
  private static int columns(Window window) {
    int tiled = Math.ceilDiv(window.outWidth(), COLUMNS) * COLUMNS;
    return window.inColumn(tiled - 1, window.kernelWidth() - 1) + window.padLeft() + 1;
  }

  private static int ringRows(Window window) {
    return (window.kernelHeight() - 1) * window.dilationHeight() + 1;
  }

  /** Where input row {@code row} lies in the ring, which follows the row of zeros. */
  private static long ringRow(Window window, long zeros, int row) {
    long rowBytes = columns(window) * NR_BYTES;
    return zeros + rowBytes * (1 + row % ringRows(window));
  }

  private static void widen(Window window, long src, int channels, int zeroPoint, long row) {
    int count = Math.min(window.inWidth(), columns(window) - window.padLeft());
    TILES.widen(
        src, window.channels(), count, channels, zeroPoint, row + window.padLeft() * NR_BYTES);
  }

  private static void tabulate(Window window, int oh, long zeros, long table) {
    for (int kh = 0; kh < window.kernelHeight(); kh++) {
      int row = window.inRow(oh, kh);
      long address = window.rowInside(row) ? ringRow(window, zeros, row) : zeros;
      ALL.set(I64, (table + 8L * kh) & ADDRESS, address);
    }
  }

  /** One output row of a panel whose first channel is {@code c}. */
  private static void row(
      Window window, Requantize epilogue, long work, int c, long addend, long dst) {
    int channels = window.channels();
    int width = window.kernelWidth();
    int kwStep = Math.min(width, EXACT_TAPS);
    int khStep = Math.max(1, EXACT_TAPS / Math.max(1, width));
    long sum = work + TILE_BYTES;
    long weights = work + 2 * TILE_BYTES;
    long rows = weights + window.taps() * NR_BYTES;
    long tapBytes = window.dilationWidth() * NR_BYTES;
    long columnBytes = window.strideWidth() * NR_BYTES;
    Requantize.Addend plus = epilogue.addend();
    for (int ow = 0; ow < window.outWidth(); ow += COLUMNS) {
      int columns = Math.min(COLUMNS, window.outWidth() - ow);
      boolean pending = false;
      boolean summed = false;
      for (int kh = 0; kh < window.kernelHeight(); kh += khStep) {
        for (int kw = 0; kw < width; kw += kwStep) {
          if (pending) {
            STAGES.flush(work, sum, columns, !summed);
            summed = true;
          }
          TILES.tile(
              rows + 8L * kh,
              ow * columnBytes + kw * tapBytes,
              Math.min(khStep, window.kernelHeight() - kh),
              Math.min(kwStep, width - kw),
              tapBytes,
              columnBytes,
              weights + (kh * width + kw) * NR_BYTES,
              width * NR_BYTES,
              work);
          pending = true;
        }
      }
      STAGES.store(
          epilogue,
          work,
          summed ? sum : 0,
          columns,
          channels - c,
          epilogue.bias().address() + 4L * c,
          epilogue.scale().address() + 4L * c,
          addend == 0 || plus == null ? 0 : addend + ow * plus.stride(),
          dst + (long) ow * channels,
          channels);
    }
  }
}
