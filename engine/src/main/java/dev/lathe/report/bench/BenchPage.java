package dev.lathe.report.bench;

import dev.lathe.report.Profile;
import dev.lathe.report.html.Card;
import dev.lathe.report.html.Column;
import dev.lathe.report.html.Page;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A benchmark as an HTML page: times, and achieved against peak for every layer. */
public final class BenchPage {

  private static final List<String> TEMPLATES = List.of("bench.ftlh");

  private BenchPage() {}

  /** A model's layers, as the template wants them. */
  public record Model(
      String name, String summary, LayerBars bars, RooflinePlot plot, List<List<String>> rows) {}

  public static String render(BenchReport report) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put(
        "title",
        report.runs().stream().map(BenchReport.Run::name).collect(Collectors.joining(", ")));
    view.put("remarks", Remarks.of(report));
    view.put("cards", cards(report));
    view.put(
        "runColumns",
        Column.of(
            "Model",
            "_Engine",
            "Threads",
            "_Tier",
            "Load, ms",
            "First, ms",
            "min, ms",
            "p50, ms",
            "p90, ms",
            "p99, ms",
            "GMAC/s",
            "Of peak"));
    view.put("runs", report.runs().stream().map(BenchPage::row).toList());
    view.put(
        "layerColumns",
        Column.of(
            "Node",
            "_Operator",
            "_Inputs",
            "_Output",
            "_Kernel",
            "ms",
            "Share of time",
            "MACs",
            "GMAC/s",
            "Of peak",
            "Bytes",
            "GB/s",
            "At least, ms",
            "Of roofline",
            "_Bound by"));
    view.put("models", models(report));
    view.put("peakColumns", Column.of("_Probe", "Working set, bytes", "Rate"));
    view.put("peaks", peaks(report));
    view.put("environment", report.environment().pairs());
    return Page.render(BenchPage.class, TEMPLATES, view);
  }

  private static List<Card> cards(BenchReport report) {
    List<Card> cards = new ArrayList<>();
    for (BenchReport.Run run : report.runs()) {
      cards.add(
          new Card(
              run.name(),
              text("%.3f ms", run.latency().p50()),
              text("%.1f GMAC/s, ", run.gmacs()) + text("%.0f %% of peak", 100 * run.peakShare())));
    }
    return cards;
  }

  private static List<String> row(BenchReport.Run run) {
    return List.of(
        run.name(),
        run.engine(),
        String.valueOf(run.threads()),
        run.isa(),
        text("%.1f", run.loadMs()),
        text("%.1f", run.firstMs()),
        text("%.3f", run.latency().min()),
        text("%.3f", run.latency().p50()),
        text("%.3f", run.latency().p90()),
        text("%.3f", run.latency().p99()),
        text("%.1f", run.gmacs()),
        text("%.0f %%", 100 * run.peakShare()));
  }

  private static List<Model> models(BenchReport report) {
    List<Model> models = new ArrayList<>();
    report
        .profiles()
        .forEach(
            (name, profile) -> {
              List<Roofline.Layer> layers = report.roofline().layers(profile);
              models.add(
                  new Model(
                      name,
                      summary(layers, profile.runs()),
                      LayerBars.of(layers),
                      RooflinePlot.of(layers, report.roofline()),
                      layers.stream().map(BenchPage::row).toList()));
            });
    return models;
  }

  private static String summary(List<Roofline.Layer> layers, int runs) {
    double taken = layers.stream().mapToDouble(layer -> layer.step().micros()).sum();
    double least = layers.stream().mapToDouble(Roofline.Layer::roofMicros).sum();
    return String.format(
        Locale.ROOT,
        "All steps take %.3f ms, mean of %d runs; at the roofline they would take %.3f ms, %.0f"
            + " %%.",
        taken / 1e3,
        runs,
        least / 1e3,
        taken == 0 ? 0 : 100 * least / taken);
  }

  private static List<String> row(Roofline.Layer layer) {
    Profile.Step step = layer.step();
    boolean products = step.macs() > 0;
    boolean moves = step.bytes() > 0;
    return List.of(
        step.node(),
        step.operator(),
        step.operands(),
        step.shape(),
        step.kernel(),
        text("%.4f", step.micros() / 1e3),
        text("%.1f %%", 100 * step.share()),
        products ? text("%,d", step.macs()) : "",
        products ? text("%.1f", step.gmacs()) : "",
        products ? text("%.0f %%", 100 * layer.share()) : "",
        moves ? text("%,d", step.bytes()) : "",
        moves ? text("%.1f", step.gbs()) : "",
        moves ? text("%.4f", layer.roofMicros() / 1e3) : "",
        moves ? text("%.0f %%", 100 * layer.roofShare()) : "",
        layer.bound());
  }

  private static List<List<String>> peaks(BenchReport report) {
    List<List<String>> rows = new ArrayList<>();
    for (Peak peak : report.peaks().all()) {
      rows.add(List.of(peak.kernel(), "", text("%.1f GMAC/s", peak.gmacs())));
    }
    for (Bandwidth.Point point : report.bandwidth().points()) {
      rows.add(
          List.of(
              report.bandwidth().kernel(),
              text("%,d", point.bytes()),
              text("%.1f GB/s", point.gbs())));
    }
    return rows;
  }

  private static String text(String format, Object value) {
    return String.format(Locale.ROOT, format, value);
  }
}
