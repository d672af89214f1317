package dev.lathe.graph;

import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import java.util.Locale;

/** Wording shared by the checks of this package and of operators. */
public final class GraphErrors {

  private GraphErrors() {}

  static InvalidModelException attribute(Node node, String key, String wanted, Attribute got) {
    return new InvalidModelException(
        new Problem(
            "attribute '" + key + "' is not " + wanted,
            node.toString(),
            "it is " + got.getClass().getSimpleName().toLowerCase(Locale.ROOT),
            "export the model again with a current exporter"));
  }

  /** A node that breaks its operator's specification. */
  public static InvalidModelException invalid(Node node, String what) {
    return new InvalidModelException(
        new Problem(what, node.toString(), "", "check the model with onnx.checker"));
  }
}
