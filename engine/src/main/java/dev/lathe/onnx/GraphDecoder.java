package dev.lathe.onnx;

import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Function;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.TopologicalOrder;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.proto.FunctionProto;
import dev.lathe.onnx.proto.GraphProto;
import dev.lathe.onnx.proto.NodeProto;
import dev.lathe.onnx.proto.SparseTensorProto;
import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A {@link GraphProto} as a graph: names made unique, nodes sorted, initializers told from inputs.
 */
final class GraphDecoder {

  /** Sub-graphs within sub-graphs; deeper ones are no program anybody wrote. */
  private static final int MAX_DEPTH = 32;

  private final TensorDecoder tensors;
  private final NodeDecoder nodes;
  private final Consumer<Problem> warnings;

  GraphDecoder(OutsideContents outside, Consumer<Problem> warnings) {
    this.tensors = new TensorDecoder(outside);
    this.nodes = new NodeDecoder(this, tensors);
    this.warnings = warnings;
  }

  /**
   * Decodes a graph message.
   *
   * @param depth 0 for the model's graph, one more for each graph around it
   */
  Graph decode(Wire.Field field, String what, int depth) {
    if (depth > MAX_DEPTH) {
      throw OnnxErrors.invalid(
          "sub-graphs nested more than " + MAX_DEPTH + " deep", "byte " + field.begin(), "");
    }
    Wire wire = field.split(what);
    GraphProto head =
        wire.parse(GraphProto.parser(), number -> number == GraphProto.NAME_FIELD_NUMBER);
    Map<String, TensorOrigin> initializers = initializers(wire);
    Map<String, Tensor> constants = new LinkedHashMap<>();
    initializers.forEach(
        (name, origin) -> {
          if (origin.tensor() != null) {
            constants.put(name, origin.tensor());
          }
        });
    Set<String> sparse = sparseNames(wire);
    Map<String, Wire.Field> inputFields = new LinkedHashMap<>();
    List<ValueInfo> inputs = new ArrayList<>();
    for (Wire.Field input : wire.all(GraphProto.INPUT_FIELD_NUMBER)) {
      ValueInfo value = ValueInfoCodec.decode(input, "graph input");
      if (inputFields.putIfAbsent(value.name(), input) != null) {
        throw OnnxErrors.invalid(
            "graph input '" + value.name() + "' is listed twice", wire.place(), "");
      }
      if (!initializers.containsKey(value.name()) && !sparse.contains(value.name())) {
        inputs.add(value);
      }
    }
    List<ValueInfo> outputs = new ArrayList<>();
    for (Wire.Field output : wire.all(GraphProto.OUTPUT_FIELD_NUMBER)) {
      outputs.add(ValueInfoCodec.decode(output, "graph output"));
    }
    Map<String, ValueInfo> valueInfos = new LinkedHashMap<>();
    for (Wire.Field info : wire.all(GraphProto.VALUE_INFO_FIELD_NUMBER)) {
      ValueInfo value = ValueInfoCodec.decode(info, "value info");
      valueInfos.put(value.name(), value);
    }
    return new Graph(
        OnnxErrors.name(head.getNameBytes(), "graph name", wire.place()),
        inputs,
        outputs,
        constants,
        sorted(nodes(wire, GraphProto.NODE_FIELD_NUMBER, depth), wire),
        valueInfos,
        new GraphOrigin(wire, initializers, sparse, inputFields));
  }

  /** Decodes a function message. */
  Function decodeFunction(Wire.Field field) {
    Wire wire = field.split("function");
    FunctionProto head = wire.parse(FunctionProto.parser(), GraphDecoder::isName);
    String name = OnnxErrors.name(head.getNameBytes(), "function name", wire.place());
    Map<String, AttributeOrigin> defaults = new LinkedHashMap<>();
    for (Wire.Field attribute : wire.all(FunctionProto.ATTRIBUTE_PROTO_FIELD_NUMBER)) {
      nodes.attribute(attribute, "function '" + name + "'", 1, defaults);
    }
    Map<String, Attribute> values = new LinkedHashMap<>();
    defaults.forEach((key, origin) -> values.put(key, origin.value()));
    Graph body =
        new Graph(
            name,
            values(head.getInputList()),
            values(head.getOutputList()),
            Map.of(),
            sorted(nodes(wire, FunctionProto.NODE_FIELD_NUMBER, 1), wire),
            Map.of(),
            null);
    return new Function(
        head.getDomain().equals(OnnxReader.DEFAULT_DOMAIN) ? "" : head.getDomain(),
        name,
        body,
        values);
  }

  private static List<ValueInfo> values(List<String> names) {
    return names.stream().map(name -> new ValueInfo(name, null, null, null)).toList();
  }

  private static boolean isName(int field) {
    return switch (field) {
      case FunctionProto.NAME_FIELD_NUMBER,
          FunctionProto.DOMAIN_FIELD_NUMBER,
          FunctionProto.INPUT_FIELD_NUMBER,
          FunctionProto.OUTPUT_FIELD_NUMBER ->
          true;
      default -> false;
    };
  }

  private Map<String, TensorOrigin> initializers(Wire wire) {
    Map<String, TensorOrigin> initializers = new LinkedHashMap<>();
    List<Problem> problems = new ArrayList<>();
    for (Wire.Field field : wire.all(GraphProto.INITIALIZER_FIELD_NUMBER)) {
      TensorOrigin origin = tensors.decode(field, "initializer");
      if (origin.name().isEmpty()) {
        problems.add(Problem.of("initializer without a name", origin.wire().place()));
      } else if (initializers.putIfAbsent(origin.name(), origin) != null) {
        problems.add(
            Problem.of(
                "initializer '" + origin.name() + "' is there twice", origin.wire().place()));
      }
      if (problems.size() == 100) {
        break;
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidModelException(problems);
    }
    return initializers;
  }

  /** Sparse initializers are named by their values. */
  private static Set<String> sparseNames(Wire wire) {
    Set<String> names = new LinkedHashSet<>();
    for (Wire.Field field : wire.all(GraphProto.SPARSE_INITIALIZER_FIELD_NUMBER)) {
      Wire sparse = field.split("sparse initializer");
      Wire.Field values = sparse.single(SparseTensorProto.VALUES_FIELD_NUMBER);
      if (values == null) {
        throw OnnxErrors.invalid("sparse initializer without values", sparse.place(), "");
      }
      TensorProto head =
          values
              .split("sparse initializer")
              .parse(TensorProto.parser(), number -> number == TensorProto.NAME_FIELD_NUMBER);
      names.add(OnnxErrors.name(head.getNameBytes(), "tensor name", sparse.place()));
    }
    return names;
  }

  private List<Node> nodes(Wire wire, int fieldNumber, int depth) {
    NodeNames names = new NodeNames();
    List<NodeDecoder.Draft> drafts = new ArrayList<>();
    for (Wire.Field field : wire.all(fieldNumber)) {
      NodeDecoder.Draft draft = nodes.draft(field, depth);
      names.claim(draft.head().getName());
      drafts.add(draft);
    }
    List<Node> decoded = new ArrayList<>(drafts.size());
    for (NodeDecoder.Draft draft : drafts) {
      NodeProto head = draft.head();
      decoded.add(draft.named(names.next(head.getName(), head.getOpType(), head.getOutputList())));
    }
    if (!names.renamed().isEmpty()) {
      warnings.accept(
          new Problem(
              names.renamed().size() + " node names are used more than once",
              wire.place() + ", first '" + names.renamed().getFirst() + "'",
              "names of nodes are unique",
              "they were numbered"));
    }
    return decoded;
  }

  private List<Node> sorted(List<Node> nodes, Wire wire) {
    TopologicalOrder order = TopologicalOrder.of(nodes);
    if (!order.cycle().isEmpty() || order.unchanged()) {
      return nodes;
    }
    warnings.accept(
        new Problem(
            "nodes are not sorted",
            wire.place(),
            "producers come before users",
            "they were sorted"));
    return order.nodes();
  }
}
