package dev.lathe.report;

import dev.lathe.cpu.Isa;
import dev.lathe.cpu.Processor;
import dev.lathe.kernel.dispatch.Machine;
import dev.lathe.runtime.RunOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Where figures were measured.
 *
 * @param isa the tier that was used
 * @param why why that tier
 * @param threads worker threads
 * @param nativeKernels whether native kernels are in use
 */
public record Environment(
    Processor processor,
    Isa isa,
    String why,
    int threads,
    int processors,
    String jvm,
    boolean nativeKernels) {

  /** The environment of runs with some options. */
  public static Environment of(RunOptions options) {
    Machine machine = Machine.here();
    Isa forced = options.isa();
    Isa isa =
        forced != null
            ? forced
            : machine.tiers().stream()
                .filter(Machine.Availability::available)
                .map(Machine.Availability::isa)
                .reduce(Isa.SCALAR, (first, second) -> second);
    String why = forced != null ? "forced" : "best available: " + machine.availability(isa).why();
    return new Environment(
        Processor.detect(),
        isa,
        why,
        options.threads(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
        isa.isNative());
  }

  /** The lines every run begins with. */
  public List<String> header() {
    return List.of(
        "cpu      "
            + processor.name()
            + " ("
            + String.join(" ", new TreeSet<>(processor.features()))
            + ")",
        "tier     " + isa.id() + " (" + why + ")",
        "threads  " + threads + " of " + processors + " processors this process may use",
        "jvm      " + jvm,
        "native   " + (nativeKernels ? "yes" : "no: pure Java kernels"));
  }

  /** The same lines, each as its name and its text. */
  public List<List<String>> pairs() {
    return header().stream()
        .map(line -> List.of(line.split(" ", 2)[0], line.split(" ", 2)[1].strip()))
        .toList();
  }

  /** Fields of the JSON contract. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("cpu", processor.name());
    json.put("features", List.copyOf(new TreeSet<>(processor.features())));
    json.put("isa", isa.id());
    json.put("why", why);
    json.put("threads", threads);
    json.put("processors", processors);
    json.put("jvm", jvm);
    json.put("native", nativeKernels);
    return json;
  }
}
