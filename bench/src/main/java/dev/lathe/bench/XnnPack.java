package dev.lathe.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * XNNPACK's pointwise fp32 convolutions on one thread, from the library of Debian's {@code
 * libxnnpack0}: dense over channels last, and channels first, which multiplies with sparse weights
 * whatever they hold.
 */
final class XnnPack {

  private static final List<String> NAMES = List.of("libXNNPACK.so.0", "libXNNPACK.so");

  /** XNNPACK may read that far behind its inputs. */
  private static final int EXTRA_BYTES = 16;

  private static final ValueLayout I32 = ValueLayout.JAVA_INT;
  private static final ValueLayout SIZE = ValueLayout.JAVA_LONG;
  private static final ValueLayout F32 = ValueLayout.JAVA_FLOAT;
  private static final ValueLayout POINTER = ValueLayout.ADDRESS;

  private final SymbolLookup library;
  private final MethodHandle run;
  private final MethodHandle delete;

  private XnnPack(SymbolLookup library) {
    this.library = library;
    this.run = function("xnn_run_operator", POINTER, POINTER);
    this.delete = function("xnn_delete_operator", POINTER);
    call(function("xnn_initialize", POINTER), MemorySegment.NULL);
  }

  /** The library, if the system has it. */
  @SuppressWarnings("restricted") // the one native library of this module
  static Optional<XnnPack> load() {
    for (String name : NAMES) {
      try {
        return Optional.of(new XnnPack(SymbolLookup.libraryLookup(name, Arena.global())));
      } catch (IllegalArgumentException missing) {
        // The next name; without any there is no baseline, which the caller says.
      }
    }
    return Optional.empty();
  }

  @SuppressWarnings("restricted") // the one native library of this module
  private MethodHandle function(String name, MemoryLayout... arguments) {
    return Linker.nativeLinker()
        .downcallHandle(
            library.findOrThrow(name), FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
  }

  private static void call(MethodHandle function, Object... arguments) {
    int status;
    try {
      status = (int) function.invokeWithArguments(arguments);
    } catch (Throwable failure) {
      throw new IllegalStateException("XNNPACK can't be called", failure);
    }
    if (status != 0) {
      throw new IllegalStateException("XNNPACK says status " + status);
    }
  }

  /** A convolution with its input and output, which the caller fills and reads. */
  final class Pointwise implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final MemorySegment operator;
    final MemorySegment input;
    final MemorySegment output;

    private Pointwise(Layer layer, float[] weights, boolean channelsFirst) {
      String kind = channelsFirst ? "convolution2d_nchw_f32" : "convolution2d_nhwc_f32";
      long pixels = (long) layer.height * layer.width;
      input = arena.allocate(pixels * layer.in * Float.BYTES + EXTRA_BYTES, 64);
      output = arena.allocate(pixels * layer.out * Float.BYTES + EXTRA_BYTES, 64);
      MemorySegment kernel = arena.allocate(weights.length * (long) Float.BYTES + EXTRA_BYTES, 64);
      MemorySegment.copy(weights, 0, kernel, ValueLayout.JAVA_FLOAT, 0, weights.length);
      MemorySegment handle = arena.allocate(POINTER);
      List<MemoryLayout> create = new ArrayList<>(Collections.nCopies(11, I32));
      create.addAll(List.of(SIZE, SIZE, SIZE, SIZE, POINTER, POINTER, F32, F32, I32, POINTER));
      // Padding of four sides, kernel, stride and dilation of two axes, groups.
      List<Object> values = new ArrayList<>(List.of(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1));
      long in = layer.in;
      long out = layer.out;
      values.addAll(List.of(in, out, in, out, kernel, MemorySegment.NULL));
      values.addAll(List.of(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, 0, handle));
      call(function("xnn_create_" + kind, create.toArray(MemoryLayout[]::new)), values.toArray());
      operator = handle.get(ValueLayout.ADDRESS, 0);
      call(
          function("xnn_setup_" + kind, POINTER, SIZE, SIZE, SIZE, POINTER, POINTER, POINTER),
          operator,
          1L,
          (long) layer.height,
          (long) layer.width,
          input,
          output,
          MemorySegment.NULL);
    }

    /** Computes the output. */
    void run() {
      int status;
      try {
        status = (int) run.invokeExact(operator, MemorySegment.NULL);
      } catch (Throwable failure) {
        throw new IllegalStateException("XNNPACK can't be called", failure);
      }
      if (status != 0) {
        throw new IllegalStateException("XNNPACK says status " + status);
      }
    }

    @Override
    public void close() {
      call(delete, operator);
      arena.close();
    }
  }

  /**
   * A pointwise layer of stride 1 without groups.
   *
   * @param weights outputs by inputs
   * @param channelsFirst on sparse weights, else on dense ones over channels last
   */
  Pointwise pointwise(Layer layer, float[] weights, boolean channelsFirst) {
    if (layer.kernel != 1 || layer.stride != 1 || layer.groups != 1) {
      throw new IllegalArgumentException(layer + " is no pointwise layer");
    }
    return new Pointwise(layer, weights, channelsFirst);
  }
}
