package dev.lathe.compress.recipe;

import dev.lathe.compress.quantize.LayerBits;
import dev.lathe.error.FileReason;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/**
 * Widths of single layers as JSON: {@code {"layers": [{"nodes": "regular expression", "weights":
 * "int4"}, ...]}}.
 */
public final class MixedFile {

  private static final Pattern WEIGHTS = Pattern.compile("int([2-8])");

  private MixedFile() {}

  /** The document for some layers, each with the nodes that read its weight. */
  public static Map<String, Object> document(List<List<String>> nodes, List<String> weights) {
    List<Map<String, String>> layers = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      Map<String, String> layer = new LinkedHashMap<>();
      layer.put(
          "nodes",
          nodes.get(i).stream().map(Pattern::quote).collect(Collectors.joining("|", "^(", ")$")));
      layer.put("weights", weights.get(i));
      layers.add(layer);
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("layers", layers);
    return document;
  }

  /**
   * The text of a document: as it is given, or of the file of that name.
   *
   * @throws InvalidDataException when there is no such file
   */
  static String text(String textOrFile) {
    if (textOrFile.startsWith("{")) {
      return textOrFile;
    }
    try {
      return Files.readString(Path.of(textOrFile));
    } catch (IOException | InvalidPathException e) {
      throw wrong(textOrFile, FileReason.of(e));
    }
  }

  /**
   * Reads a document.
   *
   * @param place it comes from, for messages
   * @throws InvalidDataException when it is none
   */
  static List<LayerBits> parse(String text, String place) {
    List<LayerBits> layers = new ArrayList<>();
    try {
      Map<String, Object> document = JSON.std.mapFrom(text);
      if (!(document.get("layers") instanceof List<?> list)) {
        throw wrong(place, "it has no list 'layers'");
      }
      for (Object each : list) {
        if (!(each instanceof Map<?, ?> layer)
            || !(layer.get("nodes") instanceof String nodes)
            || !(layer.get("weights") instanceof String weights)) {
          throw wrong(place, each + " has no text 'nodes' and 'weights'");
        }
        Matcher matcher = WEIGHTS.matcher(weights);
        if (!matcher.matches()) {
          throw wrong(place, "'" + weights + "' is none of int8, int7, ... int2");
        }
        layers.add(new LayerBits(Pattern.compile(nodes), Integer.parseInt(matcher.group(1))));
      }
    } catch (JacksonException e) {
      throw wrong(place, e.getOriginalMessage());
    } catch (PatternSyntaxException e) {
      throw wrong(
          place, "'" + e.getPattern() + "' is no regular expression: " + e.getDescription());
    }
    return layers;
  }

  private static InvalidDataException wrong(String place, String why) {
    return new InvalidDataException(
        new Problem(
            "no readable list of layers",
            place,
            why,
            "write it with 'lathe sensitivity --mixed', or as {\"layers\": [{\"nodes\":"
                + " \"^conv1$\", \"weights\": \"int4\"}]}"));
  }
}
