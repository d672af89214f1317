package dev.lathe.compress.sensitivity;

import dev.lathe.compress.Agreement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One weight alone, as each candidate leaves it.
 *
 * @param nodes that read the weight
 * @param op operator of the first
 * @param cells in the order of the candidates
 */
public record LayerSensitivity(List<String> nodes, String op, long parameters, List<Cell> cells) {

  /**
   * One candidate.
   *
   * @param candidate its name
   * @param bytes of the code, parameters included
   * @param agreement of the outputs with the original's, all other weights untouched
   */
  public record Cell(String candidate, long bytes, Agreement agreement) {

    /** The divergence that is the layer's sensitivity, in nats. */
    public double divergence() {
      return agreement.divergence().value();
    }
  }

  public LayerSensitivity {
    nodes = List.copyOf(nodes);
    cells = List.copyOf(cells);
  }

  /** Fields of the JSON report. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", nodes.getFirst());
    json.put("nodes", nodes);
    json.put("op", op);
    json.put("parameters", parameters);
    json.put("candidates", cells.stream().map(this::json).toList());
    return json;
  }

  private Map<String, Object> json(Cell cell) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("weights", cell.candidate);
    json.put("bytes", cell.bytes);
    json.put("bits_per_weight", 8.0 * cell.bytes / parameters);
    json.putAll(cell.agreement.json());
    return json;
  }
}
