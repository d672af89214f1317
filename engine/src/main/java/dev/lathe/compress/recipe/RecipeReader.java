package dev.lathe.compress.recipe;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/** A recipe from YAML; every message names the line. */
final class RecipeReader {

  private static final int MAX_CHARACTERS = 1 << 20;
  private static final List<String> KEYS = List.of("steps", "samples", "batch", "preprocess");

  private final String source;
  private final boolean samples;

  private RecipeReader(String source, boolean samples) {
    this.source = source;
    this.samples = samples;
  }

  static Recipe parse(String text, String source, boolean samples) {
    LoadSettings settings =
        LoadSettings.builder().setLabel(source).setCodePointLimit(MAX_CHARACTERS).build();
    Optional<Node> root;
    try {
      root =
          new Composer(settings, new ParserImpl(settings, new StreamReader(settings, text)))
              .getSingleNode();
    } catch (YamlEngineException e) {
      throw new UsageException(
          new Problem("no YAML", source, String.valueOf(e.getMessage()).strip(), "correct it"), e);
    }
    RecipeReader reader = new RecipeReader(source, samples);
    return reader.recipe(
        root.orElseThrow(() -> new UsageException(Problem.of("the recipe is empty", source))));
  }

  private Recipe recipe(Node root) {
    Map<String, Node> parts = entries(root, "the recipe");
    for (Map.Entry<String, Node> part : parts.entrySet()) {
      if (!KEYS.contains(part.getKey())) {
        throw wrong(
            "unknown key '" + part.getKey() + "'",
            part.getValue(),
            "",
            "a recipe has " + String.join(", ", KEYS));
      }
    }
    if (!(parts.get("steps") instanceof SequenceNode steps) || steps.getValue().isEmpty()) {
      throw wrong("a recipe without steps", root, "", "list them under 'steps:', each after '-'");
    }
    List<Recipe.Step> read = new ArrayList<>();
    for (Node step : steps.getValue()) {
      read.add(step(step, read.size() + 1));
    }
    return new Recipe(read, sampling(parts));
  }

  private Sampling sampling(Map<String, Node> parts) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (String key : KEYS.subList(1, KEYS.size())) {
      Node value = parts.get(key);
      if (value != null) {
        texts.put(key, text(value));
      }
    }
    Settings settings = new Settings(source, "", texts, samples);
    Sampling standard = Sampling.STANDARD;
    return new Sampling(
        settings.integer("samples", standard.most()),
        Math.clamp(settings.integer("batch", standard.batch()), 0, Integer.MAX_VALUE),
        settings.text("preprocess"));
  }

  /** A verb alone, or a verb with its settings. */
  private Recipe.Step step(Node node, int number) {
    if (node instanceof ScalarNode verb) {
      return step(verb, Map.of(), node, number);
    }
    if (!(node instanceof MappingNode mapping) || mapping.getValue().size() != 1) {
      throw wrong(
          "step " + number + " is no verb with its settings",
          node,
          "",
          "write '- prune: {sparsity: 0.8}'");
    }
    NodeTuple only = mapping.getValue().getFirst();
    boolean none =
        only.getValueNode() instanceof ScalarNode nothing && nothing.getValue().isEmpty();
    Map<String, Node> settings = none ? Map.of() : entries(only.getValueNode(), "step " + number);
    return step(only.getKeyNode(), settings, node, number);
  }

  private Recipe.Step step(Node verb, Map<String, Node> settings, Node node, int number) {
    String name = text(verb);
    String place = line(node) + ", step " + number;
    RecipeStep kind = RecipeSteps.named(name, place);
    place += " (" + name + ")";
    Map<String, String> given = new LinkedHashMap<>();
    settings.forEach(
        (key, value) ->
            given.put(key, kind.mappings().contains(key) ? mapping(value) : text(value)));
    try {
      return Recipe.Step.of(kind, new Settings(place, "", given, samples));
    } catch (UsageException e) {
      throw placed(e, place);
    }
  }

  /** The same problems, each with the step it is in. */
  private static UsageException placed(UsageException e, String place) {
    List<Problem> problems =
        e.problems().stream()
            .map(
                problem ->
                    problem.where().startsWith(place)
                        ? problem
                        : new Problem(
                            problem.what(),
                            place + ": " + problem.where(),
                            problem.why(),
                            problem.remedy()))
            .collect(Collectors.toList());
    return new UsageException(problems);
  }

  private Map<String, Node> entries(Node node, String what) {
    if (!(node instanceof MappingNode mapping)) {
      throw wrong(what + " is no list of keys with values", node, "", "write 'key: value'");
    }
    Map<String, Node> entries = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      String key = text(tuple.getKeyNode());
      if (entries.put(key, tuple.getValueNode()) != null) {
        throw wrong("'" + key + "' is there twice", tuple.getKeyNode(), "", "leave one out");
      }
    }
    return entries;
  }

  /** A scalar; a list of scalars with commas between. */
  private String text(Node node) {
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    if (node instanceof SequenceNode list) {
      return list.getValue().stream()
          .map(
              item -> {
                if (item instanceof ScalarNode scalar) {
                  return scalar.getValue();
                }
                throw wrong("a list within a list", item, "", "write values only");
              })
          .collect(Collectors.joining(","));
    }
    throw wrong("keys where a value is expected", node, "", "write a text or a number");
  }

  /** Keys and values as {@code key:value,key:value}; a text as it is. */
  private String mapping(Node node) {
    if (!(node instanceof MappingNode)) {
      return text(node);
    }
    return entries(node, "the setting").entrySet().stream()
        .map(entry -> entry.getKey() + ":" + text(entry.getValue()))
        .collect(Collectors.joining(","));
  }

  private String line(Node node) {
    return source + node.getStartMark().map(mark -> ", line " + (mark.getLine() + 1)).orElse("");
  }

  private UsageException wrong(String what, Node node, String why, String remedy) {
    return new UsageException(new Problem(what, line(node), why, remedy));
  }
}
