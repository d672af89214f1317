package dev.lathe.cli;

import dev.lathe.kernel.dispatch.FloatMath;
import dev.lathe.runtime.RunOptions;
import picocli.CommandLine.Option;

/** Option of commands that run networks and write none: a file must not depend on it. */
final class FloatMathOption {

  @Option(
      names = "--float-math",
      paramLabel = "fp32|bf16",
      description =
          "How float products with constant weights multiply: in fp32, or rounded to bf16 on AMX,"
              + " which is faster and not exact (default: fp32).")
  String math = FloatMath.FP32.id();

  /** Options with that way to multiply. */
  RunOptions of(RunOptions options) {
    return options.withMath(FloatMath.parse(math));
  }
}
