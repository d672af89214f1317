package dev.lathe.cli;

import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.sample.SampleData;
import dev.lathe.sample.Topologies;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe sample}. */
@Command(
    name = "sample",
    description =
        "Writes a well-known topology with seeded random weights, or the trained sample network.",
    mixinStandardHelpOptions = true)
final class SampleCommand implements Callable<Integer> {

  private static final String TRAINED = "fashion-cnn";

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin ModelOutput output;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "Which; without a name they are listed.")
  @Nullable String name;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of the weights (default: 1).")
  long seed = 1;

  @Override
  public Integer call() throws IOException {
    Console console = Console.of(spec, common);
    if (name == null) {
      list(console);
      return 0;
    }
    output.check(common);
    output.write(
        name.equals(TRAINED)
            ? OnnxReader.read(SampleData.MODEL.bytes())
            : Topologies.build(name, seed),
        common);
    Network written = ModelFiles.read(output.require());
    long parameters =
        written.graph().constants().values().stream().mapToLong(tensor -> tensor.elements()).sum();
    console.print(
        "wrote "
            + output.file
            + ": "
            + written.graph().nodes().size()
            + " nodes, "
            + parameters
            + " parameters");
    JsonFile.write(
        common,
        Map.of(
            "file", output.require().toString(),
            "nodes", written.graph().nodes().size(),
            "parameters", parameters));
    return 0;
  }

  private static void list(Console console) {
    Table table = new Table("name", "source");
    table.row(TRAINED, "trained on Fashion-MNIST; shipped with Lathe");
    Topologies.entries().forEach(entry -> table.row(entry.name(), entry.source()));
    table.lines().forEach(console::print);
  }
}
