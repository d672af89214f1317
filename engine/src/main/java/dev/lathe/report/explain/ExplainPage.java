package dev.lathe.report.explain;

import dev.lathe.report.bench.LayerBars;
import dev.lathe.report.bench.Roofline;
import dev.lathe.report.bench.RooflinePlot;
import dev.lathe.report.html.Column;
import dev.lathe.report.html.Page;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An explanation as an HTML page. */
public final class ExplainPage {

  private ExplainPage() {}

  /** Renders an explanation of a model. */
  public static String render(String title, Explanation explanation) {
    List<Roofline.Layer> steps =
        explanation.layers().stream().flatMap(layer -> layer.steps().stream()).toList();
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("title", title);
    view.put(
        "summary",
        Cause.text(
            "All steps take %.3f ms; at the roofline they would take %.3f ms.",
            explanation.micros() / 1e3, explanation.roofMicros() / 1e3));
    view.put("actions", explanation.first().stream().map(ExplainPage::action).toList());
    view.put("bars", LayerBars.of(steps));
    view.put("plot", RooflinePlot.of(steps, explanation.roofline()));
    view.put(
        "causeColumns",
        Column.of("Layer", "_Cause", "µs", "To win, µs", "_Why", "_Gain", "_Remedy"));
    view.put("causes", explanation.groups().stream().map(ExplainPage::row).toList());
    view.put(
        "layerColumns",
        Column.of(
            "Layer", "_Operator", "_Output", "_Kernel", "µs", "Share", "Of roofline", "_Causes"));
    view.put(
        "layers", explanation.layers().stream().map(layer -> row(layer, explanation)).toList());
    view.put("environment", explanation.environment().pairs());
    return Page.render(ExplainPage.class, List.of("explain.ftlh"), view);
  }

  private static List<String> action(Explanation.Action action) {
    return List.of(
        action.cause(),
        (action.layers() == 1 ? "1 layer" : action.layers() + " layers")
            + (action.saved() > 0 ? Cause.text(", %.0f µs to win", action.saved()) : ""),
        action.remedy(),
        action.command());
  }

  private static List<String> row(List<Explanation.Named> alike) {
    Explanation.Named one = alike.getFirst();
    return List.of(
        one.finding().layer()
            + (alike.size() == 1 ? "" : Cause.text(" and %d more", alike.size() - 1)),
        one.finding().cause(),
        Cause.text("%.1f", alike.stream().mapToDouble(each -> each.finding().micros()).sum()),
        one.saved() > 0 ? Cause.text("%.1f", one.saved()) : "",
        one.finding().why(),
        one.gain(),
        one.finding().remedy());
  }

  private static List<String> row(Layer layer, Explanation explanation) {
    return List.of(
        layer.name(),
        layer.node().qualifiedOp(),
        layer.main().step().shape(),
        layer.main().step().kernel(),
        Cause.text("%.1f", layer.micros()),
        Cause.text("%.1f %%", 100 * layer.share()),
        layer.micros() == 0 ? "" : Cause.text("%.0f %%", 100 * layer.roofMicros() / layer.micros()),
        String.join(", ", explanation.causesOf(layer)));
  }
}
