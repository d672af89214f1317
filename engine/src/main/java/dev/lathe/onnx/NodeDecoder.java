package dev.lathe.onnx;

import com.google.protobuf.ByteString;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.onnx.proto.AttributeProto;
import dev.lathe.onnx.proto.AttributeProto.AttributeType;
import dev.lathe.onnx.proto.NodeProto;
import dev.lathe.onnx.proto.StringStringEntryProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A {@link NodeProto} as a node. */
final class NodeDecoder {

  private final GraphDecoder graphs;
  private final TensorDecoder tensors;

  NodeDecoder(GraphDecoder graphs, TensorDecoder tensors) {
    this.graphs = graphs;
    this.tensors = tensors;
  }

  /** A node that has no unique name yet. */
  record Draft(NodeProto head, Wire wire, Map<String, AttributeOrigin> attributes) {

    Node named(String name) {
      Map<String, Attribute> values = new LinkedHashMap<>();
      attributes.forEach((key, origin) -> values.put(key, origin.value()));
      Map<String, String> metadata = metadata(head.getMetadataPropsList());
      String domain = head.getDomain().equals(OnnxReader.DEFAULT_DOMAIN) ? "" : head.getDomain();
      Node bare =
          new Node(
              name,
              domain,
              head.getOpType(),
              head.getInputList(),
              head.getOutputList(),
              values,
              metadata,
              null);
      return new Node(
          bare.name(),
          bare.domain(),
          bare.opType(),
          bare.inputs(),
          bare.outputs(),
          bare.attributes(),
          bare.metadata(),
          new NodeOrigin(bare, head.getName(), head.getDomain(), wire, attributes));
    }
  }

  /** Whether a field of a node is seen by passes. */
  static boolean isKnown(int field) {
    return switch (field) {
      case NodeProto.INPUT_FIELD_NUMBER,
          NodeProto.OUTPUT_FIELD_NUMBER,
          NodeProto.NAME_FIELD_NUMBER,
          NodeProto.OP_TYPE_FIELD_NUMBER,
          NodeProto.DOMAIN_FIELD_NUMBER,
          NodeProto.METADATA_PROPS_FIELD_NUMBER ->
          true;
      default -> false;
    };
  }

  static Map<String, String> metadata(List<StringStringEntryProto> entries) {
    Map<String, String> metadata = new LinkedHashMap<>();
    entries.forEach(entry -> metadata.put(entry.getKey(), entry.getValue()));
    return metadata;
  }

  Draft draft(Wire.Field field, int depth) {
    Wire wire = field.split("node");
    NodeProto head = wire.parse(NodeProto.parser(), NodeDecoder::isKnown);
    String place = "node '" + head.getName() + "' " + head.getOpType() + ", " + wire.place();
    OnnxErrors.name(head.getNameBytes(), "node name", place);
    OnnxErrors.name(head.getOpTypeBytes(), "operator", place);
    OnnxErrors.name(head.getDomainBytes(), "operator domain", place);
    for (int i = 0; i < head.getInputCount(); i++) {
      OnnxErrors.name(head.getInputBytes(i), "name of input " + i, place);
    }
    for (int i = 0; i < head.getOutputCount(); i++) {
      OnnxErrors.name(head.getOutputBytes(i), "name of output " + i, place);
    }
    Map<String, AttributeOrigin> attributes = new LinkedHashMap<>();
    for (Wire.Field attribute : wire.all(NodeProto.ATTRIBUTE_FIELD_NUMBER)) {
      attribute(attribute, place, depth, attributes);
    }
    return new Draft(head, wire, attributes);
  }

  /** Decodes one attribute; {@code node} says where it stands. */
  void attribute(
      Wire.Field field, String node, int depth, Map<String, AttributeOrigin> attributes) {
    Wire wire = field.split("attribute");
    AttributeProto head = wire.parse(AttributeProto.parser(), NodeDecoder::isScalar);
    String name = OnnxErrors.name(head.getNameBytes(), "attribute name", node);
    String place = node + ", attribute '" + name + "'";
    AttributeType type = head.hasType() ? head.getType() : inferred(head, wire);
    boolean external = false;
    Attribute value = new Attribute.Opaque(field);
    if (!head.getRefAttrName().isEmpty()) {
      value = new Attribute.Reference(head.getRefAttrName());
    } else {
      switch (type) {
        case FLOAT -> value = new Attribute.Real(head.getF());
        case INT -> value = new Attribute.Int(head.getI());
        case FLOATS -> value = new Attribute.Reals(head.getFloatsList());
        case INTS -> value = new Attribute.Ints(head.getIntsList());
        case STRING -> {
          if (head.getS().isValidUtf8()) {
            value = new Attribute.Text(head.getS().toStringUtf8());
          }
        }
        case STRINGS -> {
          if (head.getStringsList().stream().allMatch(ByteString::isValidUtf8)) {
            value =
                new Attribute.Texts(
                    head.getStringsList().stream().map(ByteString::toStringUtf8).toList());
          }
        }
        case TENSOR -> {
          Wire.Field tensor = required(wire, AttributeProto.T_FIELD_NUMBER, place);
          TensorOrigin origin = tensors.decode(tensor, "tensor of " + place);
          external = origin.external();
          if (origin.tensor() != null) {
            value = new Attribute.OfTensor(origin.tensor());
          }
        }
        case GRAPH -> {
          Wire.Field graph = required(wire, AttributeProto.G_FIELD_NUMBER, place);
          Graph decoded = graphs.decode(graph, "graph of " + place, depth + 1);
          external = isExternal(decoded);
          value = new Attribute.OfGraph(decoded);
        }
        case GRAPHS -> {
          List<Graph> decoded = new ArrayList<>();
          for (Wire.Field graph : wire.all(AttributeProto.GRAPHS_FIELD_NUMBER)) {
            decoded.add(graphs.decode(graph, "graph of " + place, depth + 1));
          }
          external = decoded.stream().anyMatch(NodeDecoder::isExternal);
          value = new Attribute.OfGraphs(decoded);
        }
        default -> {}
      }
    }
    if (attributes.put(name, new AttributeOrigin(value, field, external)) != null) {
      throw OnnxErrors.invalid("attribute '" + name + "' is there twice", node, "");
    }
  }

  /** Fields of an attribute without messages inside; the others are walked, or kept unread. */
  private static boolean isScalar(int field) {
    return switch (field) {
      case AttributeProto.NAME_FIELD_NUMBER,
          AttributeProto.F_FIELD_NUMBER,
          AttributeProto.I_FIELD_NUMBER,
          AttributeProto.S_FIELD_NUMBER,
          AttributeProto.FLOATS_FIELD_NUMBER,
          AttributeProto.INTS_FIELD_NUMBER,
          AttributeProto.STRINGS_FIELD_NUMBER,
          AttributeProto.TYPE_FIELD_NUMBER,
          AttributeProto.REF_ATTR_NAME_FIELD_NUMBER ->
          true;
      default -> false;
    };
  }

  /** The type of an attribute that doesn't say: the kind of its value. */
  private static AttributeType inferred(AttributeProto head, Wire wire) {
    if (head.hasF()) {
      return AttributeType.FLOAT;
    }
    if (head.hasI()) {
      return AttributeType.INT;
    }
    if (head.hasS()) {
      return AttributeType.STRING;
    }
    if (head.getFloatsCount() > 0) {
      return AttributeType.FLOATS;
    }
    if (head.getIntsCount() > 0) {
      return AttributeType.INTS;
    }
    if (head.getStringsCount() > 0) {
      return AttributeType.STRINGS;
    }
    if (!wire.all(AttributeProto.T_FIELD_NUMBER).isEmpty()) {
      return AttributeType.TENSOR;
    }
    return wire.all(AttributeProto.G_FIELD_NUMBER).isEmpty()
        ? AttributeType.UNDEFINED
        : AttributeType.GRAPH;
  }

  private static Wire.Field required(Wire wire, int number, String place) {
    Wire.Field field = wire.single(number);
    if (field == null) {
      throw OnnxErrors.invalid("attribute without the value its type announces", place, "");
    }
    return field;
  }

  private static boolean isExternal(Graph graph) {
    return (graph.opaque() instanceof GraphOrigin origin && origin.isExternal())
        || graph.nodes().stream()
            .anyMatch(node -> node.opaque() instanceof NodeOrigin origin && origin.isExternal());
  }
}
