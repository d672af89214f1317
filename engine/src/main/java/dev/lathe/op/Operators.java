package dev.lathe.op;

import dev.lathe.plan.Operator;
import dev.lathe.plan.OperatorTable;
import java.util.List;

/** Every operator Lathe implements. */
public final class Operators {

  public static final List<Operator> ALL =
      List.of(
          new Conv(), new NhwcConv(), new Gemm(), new MatrixProduct(), new QConv(), new QGemm());

  private Operators() {}

  public static OperatorTable table() {
    return new OperatorTable(ALL);
  }
}
