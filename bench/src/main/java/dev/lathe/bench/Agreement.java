package dev.lathe.bench;

import dev.lathe.error.LatheException;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Network;
import dev.lathe.graph.ValueInfo;
import dev.lathe.measure.Peer.PeerSession;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.report.Difference;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;

/**
 * Runs models on Lathe and on ONNX Runtime and prints how far the outputs are apart.
 *
 * <pre>java -cp ... dev.lathe.bench.Agreement MODEL[@N,N,...] ...</pre>
 *
 * <p>{@code N,N,...} are sizes for the dimensions a model leaves open, in order of appearance; a
 * dimension named before keeps its size; what is missing is 1. Exits with 5 when a float output is
 * further apart than 1e-4 of the largest magnitude.
 */
public final class Agreement {

  private static final double LIMIT = 1e-4;
  private static final long SEED = 7;

  private Agreement() {}

  /** Compares every model of the arguments. */
  public static void main(String[] args) {
    int exit = 0;
    System.out.printf("%-40s %-16s %12s %9s  %s%n", "model", "output", "relative", "equal", "");
    for (String argument : args) {
      int at = argument.lastIndexOf('@');
      Path model = Path.of(at < 0 ? argument : argument.substring(0, at));
      long[] sizes =
          at < 0
              ? new long[0]
              : Arrays.stream(argument.substring(at + 1).split(","))
                  .mapToLong(Long::parseLong)
                  .toArray();
      String name = model.getFileName() + (at < 0 ? "" : argument.substring(at));
      try {
        exit = Math.max(exit, compare(name, model, sizes));
      } catch (LatheException failure) {
        System.out.printf("%-40s %s%n", name, failure.problems().getFirst());
        exit = Math.max(exit, failure.exitCode());
      }
    }
    System.exit(exit);
  }

  private static int compare(String name, Path model, long[] sizes) {
    Network network = OnnxReader.read(model);
    List<Tensor> inputs = inputs(network.graph().inputs(), sizes);
    List<Tensor> theirs;
    try (PeerSession peer = new OrtPeer().open(model, 1)) {
      theirs = peer.run(inputs);
    }
    List<Tensor> ours;
    long start = System.nanoTime();
    try (NetworkRunner runner = new NetworkRunner(network, RunOptions.standard())) {
      ours = runner.run(inputs);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    int exit = 0;
    for (int i = 0; i < ours.size(); i++) {
      String output = network.graph().outputs().get(i).name();
      Difference difference = Difference.of(output, ours.get(i), theirs.get(i));
      boolean agrees =
          difference.relative() <= LIMIT && ours.get(i).dtype() == theirs.get(i).dtype();
      System.out.printf(
          Locale.ROOT,
          "%-40s %-16s %12.2e %8.2f%%  %s%s%n",
          i == 0 ? name : "",
          output.length() > 16 ? output.substring(0, 16) : output,
          difference.relative(),
          100.0 * difference.identical() / Math.max(1, difference.elements()),
          agrees ? "agrees" : "DIFFERS",
          i == 0 ? String.format(Locale.ROOT, " (first run %.1f s)", seconds) : "");
      exit = agrees ? exit : 5;
    }
    return exit;
  }

  private static List<Tensor> inputs(List<ValueInfo> declared, long[] sizes) {
    Random random = new Random(SEED);
    List<String> seen = new ArrayList<>();
    List<Tensor> inputs = new ArrayList<>();
    for (ValueInfo input : declared) {
      List<Dim> dims = Objects.requireNonNull(input.dims(), () -> input + " has no shape");
      long[] shape = new long[dims.size()];
      for (int axis = 0; axis < shape.length; axis++) {
        shape[axis] = size(dims.get(axis), input.name() + "/" + axis, seen, sizes);
      }
      inputs.add(filled(input, Shape.of(shape), random));
    }
    return inputs;
  }

  private static long size(Dim dim, String place, List<String> seen, long[] sizes) {
    if (dim instanceof Dim.Fixed(long size)) {
      return size;
    }
    String name = dim instanceof Dim.Symbol(String symbol) ? symbol : place;
    if (!seen.contains(name)) {
      seen.add(name);
    }
    int index = seen.indexOf(name);
    return index < sizes.length ? sizes[index] : 1;
  }

  /** Normal floats; small token numbers; masks of ones and token types of zeros. */
  private static Tensor filled(ValueInfo input, Shape shape, Random random) {
    DType dtype = Objects.requireNonNull(input.dtype(), () -> input + " has no type");
    Tensor tensor = Tensor.zeros(dtype, shape);
    boolean mask = input.name().contains("mask");
    boolean type = input.name().contains("type");
    for (long i = 0; i < tensor.elements(); i++) {
      switch (dtype) {
        case FLOAT32 -> tensor.data().set(Tensor.F32, i * 4, (float) random.nextGaussian());
        case INT64 ->
            tensor.data().set(Tensor.I64, i * 8, mask ? 1 : type ? 0 : random.nextInt(1000));
        case INT32 ->
            tensor.data().set(Tensor.I32, i * 4, mask ? 1 : type ? 0 : random.nextInt(1000));
        case UINT8, INT8 -> tensor.data().set(Tensor.I8, i, (byte) random.nextInt(256));
        default -> throw new IllegalArgumentException(input + " is not fed here");
      }
    }
    return tensor;
  }
}
