package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.MathF32;
import dev.lathe.kernel.RowsF32;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@link RowsF32}, one element at a time. */
final class ReferenceRowsF32 implements RowsF32 {

  @Override
  public KernelName name() {
    return KernelName.of("f32", "rows", Isa.SCALAR);
  }

  @Override
  public void run(
      Function function,
      float epsilon,
      @Nullable MemorySegment scale,
      @Nullable MemorySegment bias,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      int length,
      long rows) {
    float[] row = new float[length];
    for (long r = 0; r < rows; r++) {
      for (int i = 0; i < length; i++) {
        row[i] = src.get(F32, srcAt + 4 * (r * length + i));
      }
      switch (function) {
        case SOFTMAX -> softmax(row);
        case LOG_SOFTMAX -> logSoftmax(row);
        case LAYER_NORM -> {
          centre(row);
          normalize(row, epsilon, Objects.requireNonNull(scale, "scale"), bias);
        }
        case RMS_NORM -> normalize(row, epsilon, Objects.requireNonNull(scale, "scale"), bias);
      }
      for (int i = 0; i < length; i++) {
        dst.set(F32, dstAt + 4 * (r * length + i), row[i]);
      }
    }
  }

  private static void softmax(float[] row) {
    float max = max(row);
    for (int i = 0; i < row.length; i++) {
      row[i] = MathF32.exp(row[i] - max);
    }
    float factor = 1 / sum(row);
    for (int i = 0; i < row.length; i++) {
      row[i] *= factor;
    }
  }

  private static void logSoftmax(float[] row) {
    float max = max(row);
    float[] partials = new float[16];
    for (int i = 0; i < row.length; i++) {
      row[i] -= max;
      partials[i % 16] += MathF32.exp(row[i]);
    }
    float logSum = MathF32.log(total(partials));
    for (int i = 0; i < row.length; i++) {
      row[i] -= logSum;
    }
  }

  private static void centre(float[] row) {
    float mean = sum(row) / row.length;
    for (int i = 0; i < row.length; i++) {
      row[i] -= mean;
    }
  }

  private static void normalize(
      float[] row, float epsilon, MemorySegment scale, @Nullable MemorySegment bias) {
    float[] partials = new float[16];
    for (int i = 0; i < row.length; i++) {
      partials[i % 16] = Math.fma(row[i], row[i], partials[i % 16]);
    }
    float factor = 1 / (float) Math.sqrt(total(partials) / row.length + epsilon);
    for (int i = 0; i < row.length; i++) {
      float s = scale.get(F32, 4L * i);
      float y = row[i] * factor;
      row[i] = bias == null ? y * s : Math.fma(y, s, bias.get(F32, 4L * i));
    }
  }

  private static float max(float[] row) {
    float max = Float.NEGATIVE_INFINITY;
    for (float x : row) {
      max = Math.max(max, x);
    }
    return max;
  }

  private static float sum(float[] row) {
    float[] partials = new float[16];
    for (int i = 0; i < row.length; i++) {
      partials[i % 16] += row[i];
    }
    return total(partials);
  }

  private static float total(float[] partials) {
    for (int half = 8; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        partials[i] += partials[i + half];
      }
    }
    return partials[0];
  }
}
