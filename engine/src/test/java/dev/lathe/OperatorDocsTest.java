package dev.lathe;

import static dev.lathe.tensor.DType.BFLOAT16;
import static dev.lathe.tensor.DType.COMPLEX128;
import static dev.lathe.tensor.DType.COMPLEX64;
import static dev.lathe.tensor.DType.FLOAT16;
import static dev.lathe.tensor.DType.FLOAT32;
import static dev.lathe.tensor.DType.FLOAT4E2M1;
import static dev.lathe.tensor.DType.FLOAT64;
import static dev.lathe.tensor.DType.FLOAT8E4M3FN;
import static dev.lathe.tensor.DType.FLOAT8E4M3FNUZ;
import static dev.lathe.tensor.DType.FLOAT8E5M2;
import static dev.lathe.tensor.DType.FLOAT8E5M2FNUZ;
import static dev.lathe.tensor.DType.INT16;
import static dev.lathe.tensor.DType.INT32;
import static dev.lathe.tensor.DType.INT4;
import static dev.lathe.tensor.DType.INT64;
import static dev.lathe.tensor.DType.INT8;
import static dev.lathe.tensor.DType.UINT16;
import static dev.lathe.tensor.DType.UINT32;
import static dev.lathe.tensor.DType.UINT4;
import static dev.lathe.tensor.DType.UINT64;
import static dev.lathe.tensor.DType.UINT8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.graph.Node;
import dev.lathe.op.Operators;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The table of docs/operators.md has a row for every operator of {@link Operators#ALL}. Names and
 * types are found by running them; operator sets and limits are written by hand, in the table.
 */
class OperatorDocsTest {

  private static final Path PAGE = Path.of("../docs/operators.md");
  private static final Path CURRENT = Path.of("target/operators.md");

  private static final Map<String, List<DType>> FAMILIES = new LinkedHashMap<>();

  static {
    FAMILIES.put("floats", List.of(FLOAT16, BFLOAT16, FLOAT32, FLOAT64));
    FAMILIES.put("ints", List.of(INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64));
    FAMILIES.put("f8", List.of(FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ));
    FAMILIES.put("4-bit", List.of(INT4, UINT4, FLOAT4E2M1));
    FAMILIES.put("complex", List.of(COMPLEX64, COMPLEX128));
  }

  @Test
  void theTableIsCurrent() throws IOException {
    List<String> page = Files.readAllLines(PAGE);
    List<String> current = new ArrayList<>();
    Map<String, String[]> written = new HashMap<>();
    int last = 0;
    for (int i = 0; i < page.size(); i++) {
      if (page.get(i).startsWith("| `")) {
        String[] cells = page.get(i).split(" *\\| *", -1);
        written.put(cells[1], cells);
        last = i;
      }
    }
    page.stream().takeWhile(line -> !line.startsWith("| `")).forEach(current::add);
    rows(written).forEach(current::add);
    current.addAll(page.subList(last + 1, page.size()));
    Files.createDirectories(CURRENT.getParent());
    Files.write(CURRENT, current);

    List<String> missing = new ArrayList<>(current);
    missing.removeAll(page);
    List<String> outdated = new ArrayList<>(page);
    outdated.removeAll(current);
    String remedy = "; copy engine/" + CURRENT + " over docs/operators.md and complete new rows";
    assertThat(missing).as("lines that are missing" + remedy).isEmpty();
    assertThat(outdated).as("lines that are outdated" + remedy).isEmpty();
  }

  private static List<String> rows(Map<String, String[]> written) {
    Map<String, Operator.Key> keys = new TreeMap<>();
    for (Operator operator : Operators.ALL) {
      for (Operator.Key key : operator.keys()) {
        if (!key.domain().equals(Node.LATHE_DOMAIN)) {
          String name = key.domain().isEmpty() ? key.opType() : key.domain() + "." + key.opType();
          keys.put("`" + name + "`", key);
        }
      }
    }
    List<String> rows = new ArrayList<>();
    keys.forEach(
        (name, key) -> {
          String[] known = written.getOrDefault(name, new String[] {"", name, "", "", "", ""});
          String row =
              "| " + name + " | " + known[2] + " | " + types(key) + " | " + known[4] + " |";
          rows.add(row.replace("|  |", "| |").replace("|  |", "| |"));
        });
    return rows;
  }

  /** Families that are complete by their name, the other types one by one. */
  private static String types(Operator.Key key) {
    List<DType> rest = new ArrayList<>(OperatorProbe.types(key));
    List<String> names = new ArrayList<>();
    FAMILIES.forEach(
        (name, family) -> {
          if (rest.containsAll(family)) {
            rest.removeAll(family);
            names.add(name);
          }
        });
    rest.forEach(type -> names.add(shortName(type)));
    return String.join(" ", names);
  }

  private static String shortName(DType type) {
    String name = type.toString();
    return type.isInteger()
        ? name.replace("uint", "u").replace("int", "i")
        : name.replace("bfloat", "bf")
            .replace("float8", "f8")
            .replace("float4", "f4")
            .replace("float", "f");
  }
}
