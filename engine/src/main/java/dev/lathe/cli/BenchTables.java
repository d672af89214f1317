package dev.lathe.cli;

import dev.lathe.report.Difference;
import dev.lathe.report.Profile;
import dev.lathe.report.bench.BenchReport;
import dev.lathe.report.bench.Peak;
import dev.lathe.report.bench.Roofline;
import java.util.Locale;

/** The tables of {@code lathe bench}. */
final class BenchTables {

  private BenchTables() {}

  static void print(BenchReport report, Console console) {
    for (Peak peak : report.peaks().all()) {
      console.print(text("peak     %.1f GMAC/s %s", peak.gmacs(), peak.kernel()));
    }
    for (BenchReport.Agreement agreement : report.agreements()) {
      Difference difference = agreement.difference();
      console.print(
          text(
              "agrees   %s with %s: largest difference %.3g, %.3g of the largest value (tolerated:"
                  + " %.3g); same argmax for %d of %d",
              agreement.a(),
              agreement.b(),
              difference.maxAbs(),
              difference.relative(),
              agreement.tolerance(),
              difference.sameArgmax(),
              difference.samples()));
    }
    console.print("");
    runs(report).lines().forEach(console::print);
    console.print("");
    report
        .profiles()
        .forEach((name, profile) -> printProfile(name, profile, report.roofline(), console));
  }

  private static Table runs(BenchReport report) {
    Table table =
        new Table(
            "model",
            "engine",
            "load ms",
            "first ms",
            "min ms",
            "p50",
            "p90",
            "p95",
            "p99",
            "GMAC/s",
            "of peak");
    for (BenchReport.Run run : report.runs()) {
      table.row(
          run.name(),
          run.engine(),
          text("%.1f", run.loadMs()),
          text("%.1f", run.firstMs()),
          millis(run.latency().min()),
          millis(run.latency().p50()),
          millis(run.latency().p90()),
          millis(run.latency().p95()),
          millis(run.latency().p99()),
          text("%.1f", run.gmacs()),
          text("%.0f %%", 100 * run.peakShare()));
    }
    return table;
  }

  private static void printProfile(
      String name, Profile profile, Roofline roofline, Console console) {
    console.print(name + ", mean of " + profile.runs() + " runs");
    Table table =
        new Table(
            "node",
            "operator",
            "output",
            "kernel",
            "share",
            "us",
            "MACs",
            "GMAC/s",
            "of peak",
            "peak",
            "GB/s",
            "of roofline",
            "bound by");
    for (Roofline.Layer layer : roofline.layers(profile)) {
      Profile.Step step = layer.step();
      table.row(
          step.node(),
          step.operator(),
          step.shape(),
          step.kernel(),
          text("%.1f %%", 100 * step.share()),
          text("%.1f", step.micros()),
          step.macs() == 0 ? "" : text("%,d", step.macs()),
          step.macs() == 0 ? "" : text("%.1f", step.gmacs()),
          step.macs() == 0 ? "" : text("%.0f %%", 100 * layer.share()),
          step.macs() == 0 ? "" : layer.peak().isa().id(),
          step.bytes() == 0 ? "" : text("%.1f", step.gbs()),
          layer.bound().isEmpty() ? "" : text("%.0f %%", 100 * layer.roofShare()),
          layer.bound());
    }
    table.lines().forEach(console::print);
    console.print("");
    Table zeros = new Table("node", "zeros among its weights");
    profile.steps().stream()
        .filter(step -> step.macs() > 0 && step.zeros().matter())
        .forEach(step -> zeros.row(step.node(), step.zeros().why()));
    if (!zeros.isEmpty()) {
      zeros.lines().forEach(console::print);
      console.print("");
    }
  }

  private static String millis(double value) {
    return text("%.3f", value);
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
