package dev.lathe.cli;

import dev.lathe.data.ArrayTypes;
import dev.lathe.data.ImageDecoder;
import dev.lathe.data.InputSpec;
import dev.lathe.data.NpyFile;
import dev.lathe.data.NpzFile;
import dev.lathe.data.Pixels;
import dev.lathe.data.Preprocess;
import dev.lathe.data.Sample;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Reads the tensors a model is fed with from arguments {@code NAME=FILE}: {@code .npy} arrays,
 * {@code .npz} archives or images. Several images of one input make a batch; an archive without a
 * name feeds the inputs its arrays are named after; the name of a model's only input may be left
 * out.
 */
final class InputFiles {

  private final List<ValueInfo> inputs;
  private final Preprocess preprocess;
  private final Console console;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, List<Path>> images = new LinkedHashMap<>();

  private InputFiles(List<ValueInfo> inputs, Preprocess preprocess, Console console) {
    this.inputs = inputs;
    this.preprocess = preprocess;
    this.console = console;
  }

  /**
   * Reads all arguments.
   *
   * @return a tensor per input that was named; whether they are all, and fit, is the session's to
   *     say
   */
  static Map<String, Tensor> read(
      List<ValueInfo> inputs, List<String> arguments, Preprocess preprocess, Console console) {
    InputFiles files = new InputFiles(inputs, preprocess, console);
    arguments.forEach(files::add);
    files.images.forEach((name, paths) -> files.put(name, files.batch(name, paths)));
    return files.tensors;
  }

  private void add(String argument) {
    int equals = argument.indexOf('=');
    boolean named = equals > 0 && !Files.exists(Path.of(argument));
    Path file = Path.of(named ? argument.substring(equals + 1) : argument);
    if (!Files.isRegularFile(file)) {
      throw new InvalidDataException(
          new Problem("no such file", file.toString(), "", "check the path given to --input"));
    }
    String lower = file.toString().toLowerCase(Locale.ROOT);
    if (lower.endsWith(".npz") && !named) {
      NpzFile.read(file).forEach(this::put);
      return;
    }
    String name = named ? argument.substring(0, equals) : onlyInput(argument);
    if (lower.endsWith(".npz")) {
      put(name, arrayOf(file, name));
    } else if (lower.endsWith(".npy")) {
      put(name, NpyFile.read(file));
    } else {
      images.computeIfAbsent(name, key -> new ArrayList<>()).add(file);
    }
  }

  private void put(String name, Tensor tensor) {
    if (tensors.put(name, converted(name, tensor)) != null) {
      throw new UsageException(
          new Problem(
              "input '" + name + "' is given twice",
              "option --input",
              "only images of one input are put together to a batch",
              "give each array once"));
    }
  }

  private Tensor converted(String name, Tensor tensor) {
    for (ValueInfo input : inputs) {
      DType wanted = input.dtype();
      Tensor other =
          input.name().equals(name) && wanted != null ? ArrayTypes.convert(tensor, wanted) : null;
      if (other != null) {
        console.note("input '" + name + "': " + tensor.dtype() + " read as " + wanted);
        return other;
      }
    }
    return tensor;
  }

  private String onlyInput(String argument) {
    if (inputs.size() != 1) {
      throw new UsageException(
          new Problem(
              "which input is '" + argument + "' for?",
              "option --input",
              "the model has " + inputs.size() + " inputs",
              "write NAME=FILE with one of " + names()));
    }
    return inputs.getFirst().name();
  }

  private static Tensor arrayOf(Path file, String name) {
    Map<String, Tensor> arrays = NpzFile.read(file);
    Tensor array = arrays.size() == 1 ? arrays.values().iterator().next() : arrays.get(name);
    if (array == null) {
      throw new InvalidDataException(
          new Problem(
              "the archive has no array '" + name + "'",
              file.toString(),
              "it has " + arrays.keySet(),
              "name the array after the input, or keep one array in the archive"));
    }
    return array;
  }

  private Tensor batch(String name, List<Path> files) {
    ValueInfo input =
        inputs.stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new UsageException(
                        new Problem(
                            "the model has no input '" + name + "'",
                            "option --input",
                            "",
                            "use one of " + names())));
    List<Pixels> pixels = files.stream().map(ImageDecoder::decode).toList();
    boolean bytes = input.dtype() == DType.UINT8;
    ValueInfo asFloats =
        bytes ? new ValueInfo(input.name(), DType.FLOAT32, input.dims(), input.opaque()) : input;
    InputSpec spec = InputSpec.of(asFloats, preprocess, pixels.getFirst());
    float[] values = new float[Math.multiplyExact(files.size(), spec.values())];
    for (int i = 0; i < files.size(); i++) {
      Sample sample = new Sample(pixels.get(i), Sample.NO_LABEL, files.get(i).toString());
      preprocess.apply(sample, spec, values, i * spec.values());
    }
    return bytes
        ? Tensor.of(DType.UINT8, toBytes(name, values), spec.dims(files.size()))
        : Tensor.of(values, spec.dims(files.size()));
  }

  /** Pixels of 0 to 255, rounded. */
  private static byte[] toBytes(String name, float[] values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      int value = Math.round(values[i]);
      if (value < 0 || value > 255) {
        throw new UsageException(
            new Problem(
                "preprocessing yields " + values[i],
                "input '" + name + "'",
                "the model takes pixels as bytes, 0 to 255",
                "leave --preprocess away"));
      }
      bytes[i] = (byte) value;
    }
    return bytes;
  }

  private String names() {
    return inputs.stream().map(ValueInfo::name).collect(Collectors.joining(", "));
  }
}
