package dev.lathe.cli;

import dev.lathe.kernel.KernelEntry;
import dev.lathe.kernel.dispatch.KernelCatalog;
import dev.lathe.kernel.dispatch.KernelSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
}
