package dev.lathe.cli;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.KernelEntry;
import dev.lathe.kernel.dispatch.KernelCatalog;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.kernel.dispatch.MeasuredCosts;
import dev.lathe.kernel.dispatch.SparseCosts;
import dev.lathe.report.kernels.BreakEvenMap;
import dev.lathe.report.kernels.SparseCalibration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lathe kernels}. */
@Command(
    name = "kernels",
    description = "Lists the kernels of this build that can run here and which are picked.",
    mixinStandardHelpOptions = true)
final class KernelsCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin EngineOptions engine;

  @Option(
      names = "--measure",
      description =
          "Measure what sparse and dense products cost on this processor and keep it; prints from"
              + " which sparsity on the sparse ones are faster.")
  boolean measure;

  @Override
  public Integer call() throws IOException {
    Console console = Console.of(spec, common);
    KernelSelector selector = KernelSelector.of(engine.runOptions().isa());
    return measure ? measure(console, selector) : list(console, selector);
  }

  private int list(Console console, KernelSelector selector) {
    Table table = new Table("kernel", "contract", "picked");
    List<Map<String, Object>> kernels = new ArrayList<>();
    for (KernelEntry<?> entry : KernelCatalog.entries()) {
      String name = entry.kernel().name().toString();
      String contract = entry.contract().getSimpleName();
      boolean picked = selector.prefers(entry);
      table.row(name, contract, picked ? "yes" : "");
      kernels.add(Map.of("name", name, "contract", contract, "picked", picked));
    }
    table.lines().forEach(console::print);
    JsonFile.write(common, Map.of("kernels", kernels));
    return 0;
  }

  private int measure(Console console, KernelSelector selector) throws IOException {
    List<SparseCalibration> calibrations = SparseCalibration.all(selector);
    if (calibrations.isEmpty()) {
      throw new UnsupportedException(
          new Problem(
              "no sparse kernels to measure",
              "tier " + selector.pick(GemmF32.class).isa().id(),
              "sparse kernels are written with the Vector API and in C",
              "leave out --isa, or name another tier"));
    }
    List<Map<String, Object>> products = new ArrayList<>();
    for (SparseCalibration calibration : calibrations) {
      products.add(measure(console, calibration));
    }
    JsonFile.write(common, Map.of("products", products));
    return 0;
  }

  private static Map<String, Object> measure(Console console, SparseCalibration calibration)
      throws IOException {
    Console.Progress progress = console.progress("timings");
    SparseCosts costs = calibration.measure(progress::update);
    Path file = MeasuredCosts.keep(costs);
    boolean bytes = costs.kind() == SparseCosts.Kind.U8S8;
    Table table =
        new Table(
            "layer", "shape", "in blocks of " + costs.block(1), "in blocks of " + costs.block(4));
    List<Map<String, Object>> lines = new ArrayList<>();
    for (BreakEvenMap.Line line : BreakEvenMap.of(costs)) {
      BreakEvenMap.Layer layer = line.layer();
      table.row(layer.name(), layer.geometry(), percent(line.single()), percent(line.blocks()));
      lines.add(
          Map.of(
              "layer", layer.name(),
              "shape", layer.geometry(),
              "break_even", line.single(),
              "break_even_4x4", line.blocks()));
    }
    String what = bytes ? "int8" : "fp32";
    console.print(
        "sparse " + what + " products are faster than dense ones from these shares of zeros on");
    console.print("tier " + costs.isa().id() + ", one thread");
    console.print("");
    table.lines().forEach(console::print);
    console.note("");
    console.note("kept in " + file);
    console.print("");
    return Map.of("costs", costs, "break_even", lines);
  }

  private static String percent(double share) {
    return share >= 1 ? "-" : String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }
}
