package dev.lathe.cli;

import dev.lathe.compact.Compactness;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import dev.lathe.onnx.Overwrite;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where and how a command writes a model. */
final class ModelOutput {

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT",
      description = "The file to write: compact if its name ends in .lathe, else ONNX.")
  @Nullable Path file;

  @Option(
      names = "--compact",
      paramLabel = "HOW",
      description =
          "Of a .lathe file: small, or fast to open, without entropy coding (default: small).")
  @Nullable Compactness compactness;

  /** Fails early, before long work. */
  void check(CommonOptions common) {
    Path to = require();
    OutputFile.check(to, common.force);
    if (compactness != null && !ModelFiles.isCompact(to)) {
      throw new UsageException(
          new Problem(
              "--compact has no meaning here",
              to.toString(),
              "an ONNX file is written",
              "leave it out, or write a file " + ModelFiles.COMPACT));
    }
  }

  Path require() {
    if (file == null) {
      throw new UsageException(new Problem("no file to write", "command line", "", "give -o OUT"));
    }
    return file;
  }

  void write(Network network, CommonOptions common) {
    ModelFiles.write(
        network,
        require(),
        common.force ? Overwrite.REPLACE : Overwrite.FAIL,
        compactness == null ? Compactness.SMALL : compactness);
  }
}
