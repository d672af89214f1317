package dev.lathe.cli;

import dev.lathe.kernel.Kernel;
import dev.lathe.kernel.dispatch.KernelCatalog;
import dev.lathe.kernel.dispatch.KernelSelector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    KernelSelector selector = KernelSelector.of(engine.runOptions().isa());
    Table table = new Table("kernel", "contract", "picked");
    List<Map<String, Object>> kernels = new ArrayList<>();
    for (Kernel kernel : KernelCatalog.all()) {
      String contract = contracts(kernel);
      boolean picked = selector.isPicked(kernel);
      table.row(kernel.name().toString(), contract, picked ? "yes" : "");
      kernels.add(
          Map.of("name", kernel.name().toString(), "contract", contract, "picked", picked));
    }
    table.lines().forEach(console::print);
    JsonFile.write(common, Map.of("kernels", kernels));
    return 0;
  }

  private static String contracts(Kernel kernel) {
    return Arrays.stream(kernel.getClass().getInterfaces())
        .map(Class::getSimpleName)
        .collect(Collectors.joining(", "));
  }
}
