package dev.lathe.report.doctor;

import dev.lathe.cpu.ControlGroup;
import dev.lathe.kernel.dispatch.Machine;
import dev.lathe.report.Environment;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The machine and the JVM a model would run on.
 *
 * @param flags options this JVM was started with
 * @param maxHeapBytes largest heap
 * @param remarks what costs speed or memory here, and what to do about it
 */
public record Host(
    Environment environment,
    List<Machine.Availability> tiers,
    ControlGroup limits,
    List<String> flags,
    String collectors,
    long maxHeapBytes,
    List<String> remarks) {

  static Host detect(Environment environment, long modelBytes) {
    List<String> flags = ManagementFactory.getRuntimeMXBean().getInputArguments();
    ControlGroup limits = ControlGroup.detect();
    List<Machine.Availability> tiers = Machine.here().tiers();
    List<String> remarks = new ArrayList<>();
    flags.forEach(flag -> remark(flag, remarks));
    if (tiers.stream().noneMatch(tier -> tier.isa().isVector() && tier.available())) {
      remarks.add(
          "no Vector API: start Java with --add-modules jdk.incubator.vector, or everything runs"
              + " on the slow plain kernels");
    }
    if (limits.processors().isPresent()
        && limits.processors().getAsDouble() < environment.threads()) {
      remarks.add(
          "the CPU quota is smaller than the thread count: the group is stopped whenever it is used"
              + " up; give --threads "
              + Math.max(1, (int) limits.processors().getAsDouble()));
    }
    if (limits.memoryBytes().isPresent() && limits.memoryBytes().getAsLong() < 3 * modelBytes) {
      remarks.add(
          "the memory limit is less than three times the model's constants: mapping and packing"
              + " them may not fit");
    }
    return new Host(
        environment,
        tiers,
        limits,
        flags,
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .map(GarbageCollectorMXBean::getName)
            .reduce((a, b) -> a + ", " + b)
            .orElse("none"),
        Runtime.getRuntime().maxMemory(),
        remarks);
  }

  private static void remark(String flag, List<String> remarks) {
    if (flag.equals("-Xint")) {
      remarks.add(
          flag + " turns compilation off: kernels run a hundred times slower; leave it out");
    } else if (flag.startsWith("-XX:TieredStopAtLevel=") && !flag.endsWith("=4")) {
      remarks.add(flag + " keeps C2 out, which vectorizes the kernels; leave it out");
    } else if (flag.startsWith("-XX:MaxVectorSize=") || flag.startsWith("-XX:UseAVX=")) {
      remarks.add(flag + " may narrow the vectors; leave it out unless you mean to");
    } else if (flag.startsWith("-Ddev.lathe.isa=") || flag.equals("-Ddev.lathe.native=off")) {
      remarks.add(flag + " leaves tiers out; leave it out unless you mean to");
    }
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("environment", environment.json());
    json.put(
        "tiers",
        tiers.stream()
            .map(
                tier ->
                    Map.of(
                        "tier", tier.isa().id(), "available", tier.available(), "why", tier.why()))
            .toList());
    Map<String, Object> container = new LinkedHashMap<>();
    limits.processors().ifPresent(quota -> container.put("processors", quota));
    limits.memoryBytes().ifPresent(bytes -> container.put("memory_bytes", bytes));
    json.put("container", container);
    Map<String, Object> jvm = new LinkedHashMap<>();
    jvm.put("flags", flags);
    jvm.put("collectors", collectors);
    jvm.put("max_heap_bytes", maxHeapBytes);
    json.put("jvm", jvm);
    json.put("remarks", remarks);
    return json;
  }
}
