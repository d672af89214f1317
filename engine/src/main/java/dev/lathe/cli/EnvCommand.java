package dev.lathe.cli;

import dev.lathe.kernel.dispatch.Machine;
import dev.lathe.report.Environment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code lathe env}. */
@Command(
    name = "env",
    description = "Shows the CPU, the tiers that can run here and why, the JVM and the threads.",
    mixinStandardHelpOptions = true)
final class EnvCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin EngineOptions engine;

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    Environment environment = Environment.of(engine.runOptions());
    environment.header().forEach(console::print);
    console.print("");
    Table table = new Table("tier", "available", "why");
    List<Map<String, Object>> tiers = new ArrayList<>();
    for (Machine.Availability tier : Machine.here().tiers()) {
      table.row(tier.isa().id(), tier.available() ? "yes" : "no", tier.why());
      tiers.add(Map.of("tier", tier.isa().id(), "available", tier.available(), "why", tier.why()));
    }
    table.lines().forEach(console::print);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("environment", environment.json());
    json.put("tiers", tiers);
    JsonFile.write(common, json);
    return 0;
  }
}
