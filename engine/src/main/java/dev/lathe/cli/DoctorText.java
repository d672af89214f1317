package dev.lathe.cli;

import dev.lathe.error.Problem;
import dev.lathe.graph.Network;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.Machine;
import dev.lathe.report.doctor.Checkup;
import dev.lathe.report.doctor.GainBand;
import dev.lathe.report.doctor.Host;
import dev.lathe.report.doctor.Initializers;
import dev.lathe.report.doctor.Obstacle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What {@code lathe doctor} prints. */
final class DoctorText {

  private static final int MAX_NAMES = 3;

  private final Console console;
  private final Path file;
  private final Network network;
  private final Checkup checkup;

  DoctorText(Console console, Path file, Network network, Checkup checkup) {
    this.console = console;
    this.file = file;
    this.network = network;
    this.checkup = checkup;
  }

  void print(List<Problem> warnings) {
    String opsets =
        network.opsets().entrySet().stream()
            .map(
                each ->
                    (each.getKey().isEmpty() ? "ai.onnx" : each.getKey()) + " " + each.getValue())
            .collect(Collectors.joining(", "));
    line("model", file + " (" + network.graph().nodes().size() + " nodes; " + opsets + ")");
    line("verdict", verdict());
    warnings.forEach(warning -> line("warning", warning.what()));
    obstacles();
    inputs();
    constants();
    gain();
    host();
  }

  private String verdict() {
    int count = checkup.obstacles().size();
    if (count > 0) {
      return "does not run: " + count + (count == 1 ? " obstacle" : " obstacles");
    }
    return checkup.unchecked() == 0 ? "runs" : "runs, as far as can be told ahead";
  }

  private void obstacles() {
    int number = 1;
    for (Obstacle obstacle : checkup.obstacles()) {
      console.print("");
      console.print(number++ + ". " + obstacle.what() + count(obstacle));
      List<String> names = obstacle.nodes();
      if (!names.isEmpty()) {
        String more =
            names.size() > MAX_NAMES ? " and " + (names.size() - MAX_NAMES) + " more" : "";
        part(
            "where", String.join(", ", names.subList(0, Math.min(MAX_NAMES, names.size()))) + more);
      }
      if (!obstacle.operator().isEmpty()) {
        part("opset", obstacle.domain() + " " + obstacle.opset());
        part("inputs", String.join(", ", obstacle.shapes()));
      }
      part("why", obstacle.why());
      part("do", obstacle.remedy());
    }
    if (!checkup.obstacles().isEmpty()) {
      console.print("");
    }
    if (checkup.open()
        && checkup.obstacles().stream().anyMatch(each -> each.kind() == Obstacle.Kind.INVALID)) {
      line("note", "open dimensions are guesses; give real sizes with --dim, --shape and --batch");
    }
  }

  private static String count(Obstacle obstacle) {
    int nodes = obstacle.nodes().size();
    if (obstacle.operator().isEmpty()) {
      return "";
    }
    String operator =
        obstacle.what().contains(obstacle.operator()) ? "" : obstacle.operator() + ", ";
    return " (" + operator + nodes + (nodes == 1 ? " node)" : " nodes)");
  }

  private void part(String label, String text) {
    if (!text.isEmpty()) {
      console.print(String.format(Locale.ROOT, "   %-7s %s", label + ":", text));
    }
  }

  private void inputs() {
    for (ValueInfo input : network.graph().inputs()) {
      var assumed = checkup.inputs().get(input.name());
      String text = input.toString();
      if (DoctorCommand.isOpen(input)) {
        text +=
            assumed == null
                ? "; no shape is declared, give it with --shape"
                : "; open dimensions, examined as " + assumed.shape();
      }
      line("input", text);
    }
    if (!checkup.waiting().isEmpty()) {
      line(
          "contents",
          checkup.waiting().entrySet().stream()
                  .map(each -> each.getValue() + " " + each.getKey())
                  .collect(Collectors.joining(", "))
              + " have shapes that depend on contents; what follows is planned while running");
    }
    if (checkup.unchecked() > 0) {
      line("unknown", checkup.unchecked() + " nodes, their shapes are not known ahead");
    }
  }

  private void constants() {
    Initializers constants = checkup.initializers();
    List<String> parts = new ArrayList<>();
    parts.add(constants.count() + " initializers of " + bytes(constants.bytes()));
    if (constants.sharedCount() > 0) {
      parts.add(constants.sharedCount() + " shared by nodes, " + bytes(constants.sharedBytes()));
    }
    if (constants.duplicates() > 0) {
      parts.add(constants.duplicates() + " duplicates waste " + bytes(constants.duplicateBytes()));
    }
    if (constants.unused() > 0) {
      parts.add(constants.unused() + " unused waste " + bytes(constants.unusedBytes()));
    }
    line("weights", String.join("; ", parts));
    if (checkup.constantBytes() + checkup.workBytes() > 0) {
      line(
          "memory",
          bytes(checkup.constantBytes())
              + " for packed constants, "
              + bytes(checkup.workBytes())
              + " per concurrent run");
    }
  }

  private void gain() {
    GainBand gain = checkup.gain();
    if (gain.low() == 0) {
      line(
          "int8",
          gain.quantized() > 0
              ? gain.quantized() + " nodes compute on integers already"
              : "no convolution or product with constant fp32 weights to quantize");
      return;
    }
    line(
        "int8",
        String.format(
            Locale.ROOT,
            "%s %.1f to %.1f times the speed of fp32 on tier %s: an estimate, not a measurement",
            gain.high() < 1 ? "saves memory, not time:" : "may run at",
            gain.low(),
            gain.high(),
            checkup.host().environment().isa().id()));
    line(
        "",
        String.format(
            Locale.ROOT,
            "%s would take over %.0f %% of the estimated fp32 time; kernels measured at %s",
            gain.layers().entrySet().stream()
                .map(each -> each.getValue() + " " + name(each.getKey()))
                .collect(Collectors.joining(", ")),
            100 * gain.share(),
            gain.layers().keySet().stream()
                .map(work -> name(work) + " " + ratio(gain, work))
                .collect(Collectors.joining(", "))));
    if (gain.quantized() > 0) {
      line("", gain.quantized() + " nodes compute on integers already");
    }
    if (gain.missing() > 0) {
      line("", gain.missing() + " nodes of unknown shape are left out");
    }
    line("", "'lathe compare' measures speed and accuracy on your data");
  }

  private static String ratio(GainBand gain, GainBand.Work work) {
    GainBand.Ratio ratio = gain.ratios().get(work);
    return ratio == null
        ? "?"
        : String.format(Locale.ROOT, "%.2fx to %.2fx", ratio.low(), ratio.high());
  }

  private static String name(GainBand.Work work) {
    return switch (work) {
      case DENSE -> "arithmetic-bound layers";
      case DEPTHWISE -> "depthwise layers";
      case WEIGHTS -> "weight-bound layers";
      case OTHER -> "others";
    };
  }

  private void host() {
    Host host = checkup.host();
    console.print("");
    host.environment().header().forEach(console::print);
    for (Machine.Availability tier : host.tiers()) {
      if (!tier.available()) {
        line("not here", tier.isa().id() + ": " + tier.why());
      }
    }
    String quota =
        host.limits().processors().isPresent()
            ? String.format(
                Locale.ROOT, "%.1f processors", host.limits().processors().getAsDouble())
            : "no CPU quota";
    String memory =
        host.limits().memoryBytes().isPresent()
            ? bytes(host.limits().memoryBytes().getAsLong()) + " of memory"
            : "no memory limit";
    line("limits", quota + ", " + memory + " (control group); heap " + bytes(host.maxHeapBytes()));
    line("flags", host.flags().isEmpty() ? "none" : String.join(" ", host.flags()));
    line("gc", host.collectors());
    host.remarks().forEach(remark -> line("remark", remark));
  }

  private void line(String label, String text) {
    console.print(String.format(Locale.ROOT, "%-8s %s", label, text).stripTrailing());
  }

  private static String bytes(long bytes) {
    if (bytes < 10_000) {
      return bytes + " bytes";
    }
    return bytes < 1_000_000
        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
        : String.format(Locale.ROOT, "%,.1f MB", bytes / 1e6);
  }
}
