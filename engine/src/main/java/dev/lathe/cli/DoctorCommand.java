package dev.lathe.cli;

import dev.lathe.error.Problem;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Network;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.report.doctor.Checkup;
import dev.lathe.report.doctor.Obstacle;
import dev.lathe.runtime.RunOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe doctor}. */
@Command(
    name = "doctor",
    description = {
      "Says at once everything that stands in the way of running a model here, and what int8 may"
          + " gain.",
      "Exit code 4 when something is unsupported, 3 when the model is invalid."
    },
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

  private static final int INTERNAL = 1;
  private static final int INVALID = 3;
  private static final int UNSUPPORTED = 4;

  /** Sizes tried for dimensions the model leaves open: some models refuse images of one pixel. */
  private static final long[] OPEN_SIZES = {1, 32, 224};

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin EngineOptions engine;
  @Mixin ShapeOptions shapes;

  @Parameters(paramLabel = "MODEL", description = "An ONNX or .lathe file.")
  @Nullable Path model;

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    Path file = Objects.requireNonNull(model);
    List<Problem> warnings = new ArrayList<>();
    Network network = ModelFiles.read(file, warnings::add);
    RunOptions options = engine.runOptions();
    List<ValueInfo> inputs = network.graph().inputs();
    boolean open = inputs.stream().anyMatch(DoctorCommand::isOpen);
    List<Map<String, TensorFact>> choices = new ArrayList<>();
    for (long size : open ? OPEN_SIZES : new long[] {1}) {
      choices.add(shapes.knownFacts(inputs, size));
    }
    Checkup checkup = Checkup.of(network, choices, open, options);
    new DoctorText(console, file, network, checkup).print(warnings);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", file.toString());
    json.put("warnings", warnings.stream().map(Problem::what).toList());
    json.putAll(checkup.json());
    JsonFile.write(common, json);
    return exitCode(checkup);
  }

  static boolean isOpen(ValueInfo input) {
    return input.dims() == null
        || input.dims().stream().anyMatch(dim -> !(dim instanceof Dim.Fixed));
  }

  private static int exitCode(Checkup checkup) {
    List<Obstacle.Kind> kinds = checkup.obstacles().stream().map(Obstacle::kind).toList();
    if (kinds.contains(Obstacle.Kind.UNSUPPORTED)) {
      return UNSUPPORTED;
    }
    if (kinds.contains(Obstacle.Kind.INVALID)) {
      return INVALID;
    }
    return kinds.isEmpty() ? 0 : INTERNAL;
  }
}
