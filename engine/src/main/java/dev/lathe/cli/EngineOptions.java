package dev.lathe.cli;

import dev.lathe.cpu.Isa;
import dev.lathe.runtime.RunOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of commands that run networks. */
final class EngineOptions {

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Worker threads (default: the processors this process may use; 1 where times are"
              + " compared).")
  @Nullable Integer threads;

  @Option(
      names = "--isa",
      paramLabel = "TIER",
      description = "Force a tier, see 'lathe kernels'; an error if it is not available.")
  @Nullable String isa;

  /** The options for a run, with a default number of threads. */
  RunOptions runOptions(int defaultThreads) {
    RunOptions options =
        RunOptions.standard().withThreads(threads == null ? defaultThreads : threads);
    return isa == null ? options : options.withIsa(Isa.parse(isa));
  }

  RunOptions runOptions() {
    return runOptions(RunOptions.standard().threads());
  }
}
