package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.data.NpyFile;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.jr.ob.JSON;

/** Runs commands in this process; their output is kept. */
abstract class CommandLineTest {

  final StringWriter out = new StringWriter();
  final StringWriter err = new StringWriter();

  @TempDir Path folder;

  int lathe(Object... args) {
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out, true));
    command.setErr(new PrintWriter(err, true));
    String[] words = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      words[i] = args[i].toString();
    }
    return command.execute(words);
  }

  /** Runs {@code VERB MODEL -o OUTPUT OPTIONS}, the options with blanks between. */
  int transform(String verb, Path model, Path output, String options) {
    List<Object> args = new ArrayList<>(List.of(verb, model, "-o", output));
    args.addAll(List.of(options.split(" ")));
    return lathe(args.toArray());
  }

  /** A file of LeNet-5 with random weights. */
  Path lenet5() {
    Path model = folder.resolve("lenet5.onnx");
    assertThat(lathe("sample", "lenet5", "-o", model)).isZero();
    return model;
  }

  Path array(String name, float[] values, long... dims) throws IOException {
    Path file = folder.resolve(name + ".npy");
    NpyFile.write(Tensor.of(values, dims), file);
    return file;
  }

  static Map<String, Object> json(Path file) throws IOException {
    return JSON.std.mapFrom(Files.readString(file));
  }
}
