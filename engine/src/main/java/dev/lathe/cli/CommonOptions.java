package dev.lathe.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options every command has. */
final class CommonOptions {

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write the numbers to this file as JSON.")
  @Nullable Path json;

  @Option(names = "--force", description = "Overwrite files that exist.")
  boolean force;

  @Option(names = "--quiet", description = "No progress and no log on standard error.")
  boolean quiet;

  @Option(names = "--debug", description = "Print stack traces of errors.")
  boolean debug;
}
