package dev.lathe.cli;

import dev.lathe.data.NpyFile;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
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

  Path array(String name, float[] values, long... dims) throws IOException {
    Path file = folder.resolve(name + ".npy");
    NpyFile.write(Tensor.of(values, dims), file);
    return file;
  }

  static Map<String, Object> json(Path file) throws IOException {
    return JSON.std.mapFrom(Files.readString(file));
  }
}
