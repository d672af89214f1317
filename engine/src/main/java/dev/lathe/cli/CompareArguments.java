package dev.lathe.cli;

import dev.lathe.report.compare.Commands;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Spells the options of a comparison again, so that people can repeat its rows. */
final class CompareArguments {

  private CompareArguments() {}

  static Commands of(CompareCommand command) {
    List<String> compare = new ArrayList<>();
    List<String> make = new ArrayList<>();
    if (command.model != null && command.data != null) {
      compare.addAll(List.of(command.model.toString(), "--data", command.data.toString()));
      make.addAll(
          List.of(
              command.model.toString(),
              "--data",
              (command.calibration == null ? command.data : command.calibration).toString()));
      add(compare, "--calibration", command.calibration);
      add(compare, "--preprocess", command.preprocess);
      add(make, "--preprocess", command.preprocess);
      Long samples = command.samples;
      long used =
          samples != null
              ? samples
              : command.calibration == null ? CompareCommand.SET_APART : CompareCommand.CALIBRATION;
      add(make, "--samples", used);
    }
    if (command.model != null && command.random != null) {
      compare.addAll(List.of(command.model.toString(), "--random", command.random.toString()));
    }
    if (command.ladder) {
      compare.add("--ladder");
    }
    add(compare, "--samples", command.samples);
    List<String> calibrate = new ArrayList<>();
    if (!command.calibrate.equals("minmax")) {
      calibrate.addAll(List.of("--calibrate", command.calibrate));
      compare.addAll(calibrate);
    }
    add(compare, "--threads", command.engine.threads);
    add(compare, "--isa", command.engine.isa);
    return new Commands(
        compare,
        command.only,
        command.recipes.stream().map(Path::toString).toList(),
        make,
        calibrate);
  }

  private static void add(List<String> arguments, String name, @Nullable Object value) {
    if (value != null) {
      arguments.addAll(List.of(name, value.toString()));
    }
  }
}
