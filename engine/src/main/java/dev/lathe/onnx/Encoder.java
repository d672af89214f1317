package dev.lathe.onnx;

import com.google.protobuf.ByteString;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.proto.AttributeProto;
import dev.lathe.onnx.proto.AttributeProto.AttributeType;
import dev.lathe.onnx.proto.GraphProto;
import dev.lathe.onnx.proto.ModelProto;
import dev.lathe.onnx.proto.NodeProto;
import dev.lathe.onnx.proto.StringStringEntryProto;
import dev.lathe.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A network as messages. What is as it was read is written with the bytes it was read from; the
 * rest is written anew, with the fields of the file that no pass sees.
 */
final class Encoder {

  /** Up to this IR version every initializer is listed as an input, too. */
  private static final long INITIALIZERS_ARE_INPUTS = 3;

  private final @Nullable ContentsPlace externalData;
  private long irVersion;
  private boolean lifted;

  /**
   * @param externalData takes the contents of the main graph's larger initializers; null keeps them
   *     in the model
   */
  Encoder(@Nullable ContentsPlace externalData) {
    this.externalData = externalData;
  }

  WireMessage model(Network network) {
    irVersion = network.irVersion();
    WireMessage message = new WireMessage();
    ModelProto.Builder head = ModelProto.newBuilder();
    if (network.opaque() instanceof ModelOrigin origin) {
      head.mergeFrom(origin.head());
      lifted =
          irVersion > INITIALIZERS_ARE_INPUTS && head.getIrVersion() <= INITIALIZERS_ARE_INPUTS;
      origin.wire().fields().stream()
          .filter(field -> !ModelOrigin.isKnown(field.number()))
          .filter(field -> field.number() != ModelProto.GRAPH_FIELD_NUMBER)
          .forEach(message::add);
    }
    head.setIrVersion(irVersion);
    if (!head.getProducerName().equals(network.producer())) {
      head.setProducerName(network.producer());
    }
    if (!network.opsets().equals(OnnxReader.opsets(head.getOpsetImportList()))) {
      head.clearOpsetImport();
      network
          .opsets()
          .forEach(
              (domain, version) ->
                  head.addOpsetImportBuilder().setDomain(domain).setVersion(version));
    }
    if (!network.metadata().equals(NodeDecoder.metadata(head.getMetadataPropsList()))) {
      head.clearMetadataProps();
      network.metadata().forEach((key, value) -> head.addMetadataProps(entry(key, value)));
    }
    message.addAll(head.build());
    message.add(ModelProto.GRAPH_FIELD_NUMBER, graph(network.graph(), externalData));
    return message;
  }

  private WireMessage graph(Graph graph, @Nullable ContentsPlace external) {
    WireMessage message = new WireMessage();
    GraphOrigin origin = graph.opaque() instanceof GraphOrigin read ? read : null;
    if (origin != null) {
      origin.wire().fields().stream()
          .filter(field -> !isKnown(field.number()))
          .forEach(message::add);
    }
    graph.nodes().forEach(node -> node(node, message));
    text(message, GraphProto.NAME_FIELD_NUMBER, graph.name());
    initializers(graph, origin, external, message);
    inputs(graph, origin, message);
    graph.outputs().forEach(output -> value(GraphProto.OUTPUT_FIELD_NUMBER, output, message));
    graph
        .valueInfos()
        .values()
        .forEach(value -> value(GraphProto.VALUE_INFO_FIELD_NUMBER, value, message));
    return message;
  }

  private static boolean isKnown(int field) {
    return switch (field) {
      case GraphProto.NODE_FIELD_NUMBER,
          GraphProto.NAME_FIELD_NUMBER,
          GraphProto.INITIALIZER_FIELD_NUMBER,
          GraphProto.INPUT_FIELD_NUMBER,
          GraphProto.OUTPUT_FIELD_NUMBER,
          GraphProto.VALUE_INFO_FIELD_NUMBER ->
          true;
      default -> false;
    };
  }

  private static void initializers(
      Graph graph,
      @Nullable GraphOrigin origin,
      @Nullable ContentsPlace external,
      WireMessage message) {
    Set<String> written = new LinkedHashSet<>();
    if (origin != null) {
      for (TensorOrigin read : origin.tensors().values()) {
        Tensor current = graph.constants().get(read.name());
        if (current != null) {
          TensorEncoder.add(
              GraphProto.INITIALIZER_FIELD_NUMBER, read.name(), current, read, external, message);
          written.add(read.name());
        } else if (read.tensor() == null) {
          message.add(GraphProto.INITIALIZER_FIELD_NUMBER, read.wire().bytes());
        }
      }
    }
    graph
        .constants()
        .forEach(
            (name, value) -> {
              if (!written.contains(name)) {
                TensorEncoder.add(
                    GraphProto.INITIALIZER_FIELD_NUMBER, name, value, null, external, message);
              }
            });
  }

  /**
   * Inputs in the order of the file, initializers that it lists as inputs included; then new ones.
   * A file lifted from an IR version that demanded that list drops it: runtimes take what is listed
   * for overridable.
   */
  private void inputs(Graph graph, @Nullable GraphOrigin origin, WireMessage message) {
    Map<String, Wire.Field> fields = origin == null ? Map.of() : origin.inputs();
    Set<String> hidden = origin == null ? Set.of() : origin.names();
    Map<String, ValueInfo> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(input -> inputs.put(input.name(), input));
    fields.forEach(
        (name, field) -> {
          ValueInfo input = inputs.remove(name);
          if (input != null) {
            value(GraphProto.INPUT_FIELD_NUMBER, input, message);
          } else if (!lifted && (graph.isConstant(name) || hidden.contains(name))) {
            shadowed(name, field, graph.constants().get(name), message);
          }
        });
    inputs.values().forEach(input -> value(GraphProto.INPUT_FIELD_NUMBER, input, message));
    if (irVersion <= INITIALIZERS_ARE_INPUTS) {
      graph
          .constants()
          .forEach(
              (name, tensor) -> {
                if (!fields.containsKey(name)) {
                  value(GraphProto.INPUT_FIELD_NUMBER, declaration(name, tensor), message);
                }
              });
    }
  }

  /** The input that declares an initializer: as read while it still fits, else by the tensor. */
  private static void shadowed(
      String name, Wire.Field field, @Nullable Tensor tensor, WireMessage message) {
    ValueInfo read = ValueInfoCodec.decode(field, "graph input");
    ValueInfo now = tensor == null ? read : declaration(name, tensor);
    boolean fits =
        now.dtype() == read.dtype() && (read.dims() == null || read.dims().equals(now.dims()));
    value(GraphProto.INPUT_FIELD_NUMBER, fits ? read : now, message);
  }

  private static ValueInfo declaration(String name, Tensor tensor) {
    return ValueInfo.of(name, tensor.dtype(), tensor.shape().dims());
  }

  private static void value(int number, ValueInfo value, WireMessage message) {
    Wire.Field field = ValueInfoCodec.untouched(value);
    if (field == null) {
      message.add(number, ValueInfoCodec.encode(value));
    } else {
      message.add(number, field.payload());
    }
  }

  private void node(Node node, WireMessage graph) {
    NodeOrigin origin = node.opaque() instanceof NodeOrigin read ? read : null;
    if (origin != null && !origin.isExternal() && origin.isUntouched(node)) {
      graph.add(GraphProto.NODE_FIELD_NUMBER, origin.wire().bytes());
      return;
    }
    WireMessage message = new WireMessage();
    if (origin != null) {
      origin.wire().fields().stream()
          .filter(field -> !NodeDecoder.isKnown(field.number()))
          .filter(field -> field.number() != NodeProto.ATTRIBUTE_FIELD_NUMBER)
          .forEach(message::add);
    }
    NodeProto.Builder head =
        NodeProto.newBuilder()
            .addAllInput(node.inputs())
            .addAllOutput(node.outputs())
            .setOpType(node.opType());
    String name = origin == null ? node.name() : origin.nameFor(node);
    String domain = origin == null ? node.domain() : origin.domainFor(node);
    if (!name.isEmpty()) {
      head.setName(name);
    }
    if (!domain.isEmpty()) {
      head.setDomain(domain);
    }
    node.metadata().forEach((key, value) -> head.addMetadataProps(entry(key, value)));
    message.addAll(head.build());
    node.attributes()
        .forEach(
            (key, value) -> {
              Wire.Field read = origin == null ? null : origin.verbatim(key, value);
              if (read != null) {
                message.add(read);
              } else {
                message.add(NodeProto.ATTRIBUTE_FIELD_NUMBER, attribute(key, value));
              }
            });
    graph.add(GraphProto.NODE_FIELD_NUMBER, message);
  }

  private WireMessage attribute(String key, Attribute value) {
    WireMessage message = new WireMessage();
    AttributeProto.Builder head = AttributeProto.newBuilder().setName(key);
    switch (value) {
      case Attribute.Int one -> head.setType(AttributeType.INT).setI(one.value());
      case Attribute.Real one -> head.setType(AttributeType.FLOAT).setF(one.value());
      case Attribute.Text one ->
          head.setType(AttributeType.STRING).setS(ByteString.copyFromUtf8(one.value()));
      case Attribute.Ints many -> head.setType(AttributeType.INTS).addAllInts(many.values());
      case Attribute.Reals many -> head.setType(AttributeType.FLOATS).addAllFloats(many.values());
      case Attribute.Texts many -> {
        head.setType(AttributeType.STRINGS);
        many.values().forEach(text -> head.addStrings(ByteString.copyFromUtf8(text)));
      }
      case Attribute.OfTensor one -> {
        head.setType(AttributeType.TENSOR);
        TensorEncoder.add(AttributeProto.T_FIELD_NUMBER, "", one.value(), null, null, message);
      }
      case Attribute.OfGraph one -> {
        head.setType(AttributeType.GRAPH);
        message.add(AttributeProto.G_FIELD_NUMBER, graph(one.value(), null));
      }
      case Attribute.OfGraphs many -> {
        head.setType(AttributeType.GRAPHS);
        many.values()
            .forEach(one -> message.add(AttributeProto.GRAPHS_FIELD_NUMBER, graph(one, null)));
      }
      case Attribute.Reference reference -> head.setRefAttrName(reference.name());
      case Attribute.Opaque opaque -> {
        return opaque(key, opaque);
      }
    }
    message.addAll(head.build());
    return message;
  }

  /** An opaque attribute that moved to another node or name. */
  private static WireMessage opaque(String key, Attribute.Opaque opaque) {
    if (!(opaque.proto() instanceof Wire.Field field)) {
      throw new IllegalArgumentException("attribute '" + key + "' was not made by the ONNX reader");
    }
    WireMessage message = new WireMessage();
    field.split("attribute").fields().stream()
        .filter(inner -> inner.number() != AttributeProto.NAME_FIELD_NUMBER)
        .forEach(message::add);
    text(message, AttributeProto.NAME_FIELD_NUMBER, key);
    return message;
  }

  private static void text(WireMessage message, int number, String text) {
    if (!text.isEmpty()) {
      message.add(number, ByteString.copyFromUtf8(text));
    }
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
