package dev.lathe.graph;

import dev.lathe.graph.Macs.Values;

/**
 * Bytes a node must move at least: each input and each output once, as they are stored. Caches are
 * not considered, nor that a constant may be packed wider.
 */
public final class Traffic {

  private Traffic() {}

  /** 0 when shapes are not known. */
  public static long of(Node node, Values facts) {
    long written = 0;
    for (String output : node.outputs()) {
      written += bytes(output, facts);
    }
    long read = 0;
    for (int i = 0; i < node.inputs().size(); i++) {
      long whole = bytes(node.input(i), facts);
      read += i == 0 && selects(node) ? Math.min(whole, written) : whole;
    }
    return written == 0 ? 0 : read + written;
  }

  /** Whether the first input is read only where the output wants it. */
  private static boolean selects(Node node) {
    return switch (node.opType()) {
      case "Gather", "GatherElements", "GatherND", "Slice", "Compress", "Split", "Expand" -> true;
      default -> false;
    };
  }

  private static long bytes(String value, Values facts) {
    TensorFact fact = facts.find(value);
    return fact == null ? 0 : fact.dtype().bytesFor(fact.shape().elements());
  }
}
