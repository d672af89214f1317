package dev.lathe.onnx;

import dev.lathe.graph.Function;
import dev.lathe.graph.LocalFunctions;
import dev.lathe.onnx.proto.ModelProto;
import java.util.List;

/**
 * A model as the file wrote it: the opaque part of its {@link dev.lathe.graph.Network}.
 *
 * @param head the fields passes see
 * @param functions the functions, decoded; written back as they were
 */
record ModelOrigin(Wire wire, ModelProto head, List<Function> functions) implements LocalFunctions {

  /** Whether a field of a model is seen by passes; its graph is apart. */
  static boolean isKnown(int field) {
    return switch (field) {
      case ModelProto.IR_VERSION_FIELD_NUMBER,
          ModelProto.PRODUCER_NAME_FIELD_NUMBER,
          ModelProto.OPSET_IMPORT_FIELD_NUMBER,
          ModelProto.METADATA_PROPS_FIELD_NUMBER ->
          true;
      default -> false;
    };
  }
}
