package dev.lathe.report.doctor;

import dev.lathe.graph.Node;
import java.util.Set;

/** What to do about an operator that Lathe does not run. */
final class Remedies {

  private static final Set<String> STRINGS =
      Set.of(
          "StringNormalizer", "StringConcat", "StringSplit", "RegexFullMatch", "TfIdfVectorizer");

  private Remedies() {}

  /** Advice for a node. */
  static String of(Node node) {
    String operator = node.opType();
    if (node.domain().contains("training")) {
      return "it belongs to training: export the model for inference";
    }
    if (node.domain().equals("ai.onnx.ml")) {
      return "it is no neural network: keep that part outside and run the network alone";
    }
    if (operator.contains("Sequence") || operator.startsWith("Optional")) {
      return "sequences and optionals are not run: export with plain tensors instead";
    }
    if (STRINGS.contains(operator)) {
      return "strings are not run: do that part outside the model";
    }
    if (node.domain().startsWith("com.microsoft")) {
      return "it comes from ONNX Runtime's optimizer: give the model as it was before";
    }
    if (!node.domain().isEmpty()) {
      return "it is of another maker: export without custom operators";
    }
    return "export with another opset, or express it by operators that docs/operators.md lists";
  }
}
