package dev.lathe.report.html;

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
import java.util.Map;

/**
 * Renders a view as one HTML file that needs nothing else. Whatever comes from models, such as
 * names of nodes, is escaped.
 */
public final class Page {

  /** What every page may include. */
  private static final List<String> SHARED = List.of("page.ftlh", "roofline.ftlh", "style.css");

  private Page() {}

  /**
   * Renders a template.
   *
   * @param owner class beside whose resources the templates lie
   * @param templates the page, then what it includes
   * @param view what the page shows: texts, positions, lists and records
   */
  public static String render(Class<?> owner, List<String> templates, Map<String, Object> view) {
    String main = templates.getFirst();
    StringWriter html = new StringWriter();
    try {
      StringTemplateLoader loader = new StringTemplateLoader();
      load(loader, Page.class, SHARED);
      load(loader, owner, templates);
      configuration(loader).getTemplate(main).process(view, html);
    } catch (IOException | TemplateException failure) {
      throw new InternalException(
          Problem.of("the report can't be rendered: " + failure.getMessage(), main), failure);
    }
    return html.toString();
  }

  private static void load(StringTemplateLoader loader, Class<?> owner, List<String> names)
      throws IOException {
    for (String name : names) {
      try (InputStream in = owner.getResourceAsStream(name)) {
        if (in == null) {
          throw new InternalException(Problem.of("template is missing in the jar", name));
        }
        loader.putTemplate(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
      }
    }
  }

  private static Configuration configuration(StringTemplateLoader loader) {
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
