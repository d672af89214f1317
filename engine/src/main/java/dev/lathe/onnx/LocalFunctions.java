package dev.lathe.onnx;

import dev.lathe.graph.Network;
import dev.lathe.onnx.proto.FunctionProto;
import dev.lathe.onnx.proto.ModelProto;
import java.util.LinkedHashSet;
import java.util.Set;

/** The operators a model defines itself, as functions over other operators. */
public final class LocalFunctions {

  private LocalFunctions() {}

  /** Their names with their domain, as {@link dev.lathe.graph.Node#qualifiedOp()} gives them. */
  public static Set<String> of(Network network) {
    Set<String> names = new LinkedHashSet<>();
    if (network.opaque() instanceof ModelOrigin origin) {
      for (Wire.Field field : origin.wire().all(ModelProto.FUNCTIONS_FIELD_NUMBER)) {
        FunctionProto head =
            field
                .split("function")
                .parse(
                    FunctionProto.parser(),
                    number ->
                        number == FunctionProto.NAME_FIELD_NUMBER
                            || number == FunctionProto.DOMAIN_FIELD_NUMBER);
        names.add(
            head.getDomain().isEmpty() ? head.getName() : head.getDomain() + "." + head.getName());
      }
    }
    return names;
  }
}
