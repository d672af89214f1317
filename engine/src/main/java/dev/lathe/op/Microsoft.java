package dev.lathe.op;

import dev.lathe.plan.Operator;

/** The operators ONNX Runtime adds to ONNX (its docs/ContribOperators.md). */
final class Microsoft {

  static final String DOMAIN = "com.microsoft";

  private Microsoft() {}

  static Operator.Key key(String opType) {
    return new Operator.Key(DOMAIN, opType);
  }
}
