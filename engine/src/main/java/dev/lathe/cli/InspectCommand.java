package dev.lathe.cli;

import dev.lathe.file.ModelFiles;
import dev.lathe.graph.LocalFunctions;
import dev.lathe.graph.Network;
import dev.lathe.report.ConstantStatistics;
import dev.lathe.report.Inspection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe inspect}. */
@Command(
    name = "inspect",
    description = "Shows operators, parameters, MACs, bytes, sparsity and value ranges of a model.",
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin ShapeOptions shapes;

  @Parameters(paramLabel = "MODEL", description = "An ONNX or .lathe file.")
  @Nullable Path model;

  @Option(names = "--layers", description = "One line per node.")
  boolean layers;

  @Option(
      names = "--statistics",
      description =
          "One line per constant: range, mean, deviation, zeros, and a histogram over its range;"
              + " NaN and infinity are counted and named. JSON has them by output channel, too.")
  boolean statistics;

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    Network network = ModelFiles.read(Objects.requireNonNull(model));
    Inspection inspection = Inspection.of(network, shapes.knownFacts(network.graph().inputs(), 1));
    summary(network, inspection).forEach((key, value) -> console.print(line(key, value)));
    console.print("");
    Table operators = new Table("operator", "nodes");
    inspection
        .operators()
        .forEach((operator, count) -> operators.row(operator, Integer.toString(count)));
    operators.lines().forEach(console::print);
    if (layers) {
      console.print("");
      layerTable(inspection).lines().forEach(console::print);
    }
    if (!inspection.remark().isEmpty()) {
      console.note("note: " + inspection.remark());
    }
    Map<String, Object> json = inspection.json();
    if (statistics) {
      console.print("");
      json.put("statistics", statistics(network, console));
    }
    JsonFile.write(common, json);
    return 0;
  }

  private List<Map<String, Object>> statistics(Network network, Console console) {
    StatisticsTable table = new StatisticsTable();
    List<Map<String, Object>> json = new ArrayList<>();
    ConstantStatistics.forEach(
        LocalFunctions.inlined(network),
        constant -> {
          table.add(constant);
          if (common.json != null) {
            json.add(constant.json());
          }
        });
    table.lines().forEach(console::print);
    table.warnings().forEach(warning -> console.print("warning: " + warning));
    return json;
  }

  private static Map<String, String> summary(Network network, Inspection inspection) {
    Map<String, String> summary = new LinkedHashMap<>();
    summary.put("producer", network.producer());
    summary.put("ir version", Long.toString(network.irVersion()));
    summary.put(
        "opsets",
        network.opsets().entrySet().stream()
            .map(
                opset ->
                    (opset.getKey().isEmpty() ? "ai.onnx" : opset.getKey())
                        + " "
                        + opset.getValue())
            .collect(Collectors.joining(", ")));
    network
        .graph()
        .inputs()
        .forEach(input -> summary.put("input " + input.name(), input.toString()));
    network
        .graph()
        .outputs()
        .forEach(output -> summary.put("output " + output.name(), output.toString()));
    summary.put("nodes", Integer.toString(network.graph().nodes().size()));
    summary.put("parameters", grouped(inspection.parameters()));
    summary.put("MACs", grouped(inspection.macs()));
    summary.put("weights", grouped(inspection.weightBytes()) + " bytes");
    summary.put("sparsity", percent(inspection.sparsity()));
    return summary;
  }

  private static String line(String key, String value) {
    String label = key.startsWith("input ") ? "input" : key.startsWith("output ") ? "output" : key;
    return String.format(Locale.ROOT, "%-11s %s", label, value);
  }

  private static Table layerTable(Inspection inspection) {
    Table table =
        new Table(
            "node",
            "operator",
            "type",
            "output",
            "parameters",
            "MACs",
            "bytes",
            "zeros",
            "min",
            "max",
            "mean",
            "std");
    for (Inspection.Layer layer : inspection.layers()) {
      boolean weights = layer.parameters() > 0;
      boolean values = layer.min() < layer.max() || layer.max() != 0;
      table.row(
          layer.name(),
          layer.op(),
          layer.dtype(),
          layer.shape(),
          weights ? grouped(layer.parameters()) : "",
          layer.macs() > 0 ? grouped(layer.macs()) : "",
          weights ? grouped(layer.bytes()) : "",
          values ? percent(layer.sparsity()) : "",
          values ? number(layer.min()) : "",
          values ? number(layer.max()) : "",
          values ? number(layer.mean()) : "",
          values ? number(layer.std()) : "");
    }
    return table;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }

  private static String grouped(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
