package dev.lathe.report.compare;

import dev.lathe.report.html.Page;
import java.util.List;

/** A comparison as an HTML page. */
public final class HtmlReport {

  /** In the head of every report. */
  public static final String MARK = "<meta name=\"generator\" content=\"Lathe compare\"/>";

  private static final List<String> TEMPLATES = List.of("report.ftlh", "plots.ftlh");

  private HtmlReport() {}

  public static String render(LadderReport report) {
    return Page.render(HtmlReport.class, TEMPLATES, ReportView.of(report));
  }
}
