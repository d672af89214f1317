package dev.lathe.report.explain;

import dev.lathe.graph.Node;
import dev.lathe.report.bench.Roofline;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A node of the plan and its measured steps.
 *
 * @param steps at least one
 * @param work null for what is neither a convolution nor a product
 */
public record Layer(Node node, List<Roofline.Layer> steps, @Nullable Work work) {

  private static final Pattern TILE = Pattern.compile("_brgemm_(\\d+)x(\\d+)(?:c(\\d+))?__");

  /**
   * The register tile of a product's kernel.
   *
   * @param kr elements of the reduction that are multiplied at once, 1 where they are not
   */
  record Tile(int mr, int nr, int kr) {}

  public Layer {
    steps = List.copyOf(steps);
  }

  public String name() {
    return node.name();
  }

  /** Time of all its steps. */
  public double micros() {
    return steps.stream().mapToDouble(step -> step.step().micros()).sum();
  }

  /** Share of the network's time, 0..1. */
  public double share() {
    return steps.stream().mapToDouble(step -> step.step().share()).sum();
  }

  /** The least time, see {@link Roofline}. */
  public double roofMicros() {
    return steps.stream().mapToDouble(Roofline.Layer::roofMicros).sum();
  }

  /** The step that does the node's work. */
  public Roofline.Layer main() {
    return steps.stream()
        .max(Comparator.comparingLong((Roofline.Layer layer) -> layer.step().bytes()))
        .orElseThrow();
  }

  /** The tile of its product, if it is one. */
  Optional<Tile> tile() {
    Matcher matcher = TILE.matcher(main().step().kernel());
    return matcher.find()
        ? Optional.of(
            new Tile(
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                matcher.group(3) == null ? 1 : Integer.parseInt(matcher.group(3))))
        : Optional.empty();
  }
}
