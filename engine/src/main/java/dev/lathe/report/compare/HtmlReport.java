package dev.lathe.report.compare;

import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import freemarker.cache.StringTemplateLoader;
import freemarker.core.HTMLOutputFormat;
import freemarker.template.Configuration;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * Renders a comparison as one HTML file that needs nothing else. Whatever comes from models, such
 * as names of nodes, is escaped.
 */
public final class HtmlReport {

  /** In the head of every report. */
  public static final String MARK = "<meta name=\"generator\" content=\"Lathe compare\"/>";

  private static final String MAIN = "report.ftlh";
  private static final List<String> TEMPLATES = List.of(MAIN, "plots.ftlh", "style.css");

  private HtmlReport() {}

  public static String render(LadderReport report) {
    StringWriter html = new StringWriter();
    try {
      configuration().getTemplate(MAIN).process(ReportView.of(report), html);
    } catch (IOException | TemplateException failure) {
      throw new InternalException(
          Problem.of("the report can't be rendered: " + failure.getMessage(), MAIN), failure);
    }
    return html.toString();
  }

  private static Configuration configuration() throws IOException {
    StringTemplateLoader loader = new StringTemplateLoader();
    for (String name : TEMPLATES) {
      try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
        if (in == null) {
          throw new InternalException(Problem.of("template is missing in the jar", name));
        }
        loader.putTemplate(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
      }
    }
    Configuration configuration = new Configuration(Configuration.VERSION_2_3_34);
    configuration.setTemplateLoader(loader);
    configuration.setOutputFormat(HTMLOutputFormat.INSTANCE);
    configuration.setAutoEscapingPolicy(Configuration.ENABLE_IF_SUPPORTED_AUTO_ESCAPING_POLICY);
    configuration.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
    configuration.setLogTemplateExceptions(false);
    configuration.setLocale(Locale.ROOT);
    configuration.setNumberFormat("0.##");
    return configuration;
  }
}
