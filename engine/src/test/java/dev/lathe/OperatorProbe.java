package dev.lathe;

import dev.lathe.error.LatheException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.plan.Operator;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which element types an operator runs on, by running it. A form says what to feed, one
 * word per input: {@code T2x3} is a 2x3 tensor of the type in question, {@code i64:2=3,4} a
 * constant, {@code -} an omitted input, {@code @9} the operator set, {@code #3} the number of
 * outputs; attributes follow as {@code name=value}.
 */
final class OperatorProbe {

  private static final long NEWEST = 23;

  /** What most operators accept. */
  private static final List<String> USUAL = List.of("T2x3x4x4", "T4x4 T4x4", "T2x4 T4", "T4 T4 T4");

  private OperatorProbe() {}

  /** The types, in the order of ONNX's codes; empty when no form is known for the operator. */
  static List<DType> types(Operator.Key key) {
    String known =
        OperatorForms.FORMS.get(
            key.domain().isEmpty() ? key.opType() : key.domain() + "." + key.opType());
    if (known != null && !known.matches("(?i).*\\bt[0-9: ].*")) {
      return List.of();
    }
    for (String form : known == null ? USUAL : List.of(known)) {
      List<DType> types = new ArrayList<>();
      for (DType type : DType.values()) {
        if (type != DType.STRING && runs(key, form, type)) {
          types.add(type);
        }
      }
      if (!types.isEmpty()) {
        return types;
      }
    }
    return List.of();
  }

  private static boolean runs(Operator.Key key, String form, DType type) {
    List<String> names = new ArrayList<>();
    List<ValueInfo> inputs = new ArrayList<>();
    List<Tensor> fed = new ArrayList<>();
    Map<String, Tensor> constants = new LinkedHashMap<>();
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    List<String> outputs = List.of("y");
    long opset = key.domain().isEmpty() ? NEWEST : 1;
    for (String word : form.split(" ", -1)) {
      if (word.startsWith("@")) {
        opset = Long.parseLong(word.substring(1));
      } else if (word.startsWith("#")) {
        outputs = List.of("y", "z", "u", "v").subList(0, Integer.parseInt(word.substring(1)));
      } else if (word.equals("-")) {
        names.add("");
      } else if (word.contains(":")) {
        String name = "c" + names.size();
        names.add(name);
        constants.put(name, constant(word, type));
      } else if (word.startsWith("T")) {
        String name = "x" + names.size();
        Tensor tensor = ones(type, shape(word.substring(1)));
        names.add(name);
        fed.add(tensor);
        inputs.add(ValueInfo.of(name, type, tensor.shape().dims()));
      } else {
        String[] parts = word.split("=", -1);
        attributes.put(parts[0], attribute(parts[1]));
      }
    }
    Node node = Node.of("n", key.domain(), key.opType(), names, outputs, attributes);
    ValueInfo output = new ValueInfo("y", null, null, null);
    Graph graph = new Graph("g", inputs, List.of(output), constants, List.of(node), Map.of(), null);
    Map<String, Long> opsets = new HashMap<>();
    opsets.put("", NEWEST);
    opsets.put(key.domain(), opset);
    return runs(new Network(10, opsets, graph, "", Map.of(), null), fed);
  }

  private static boolean runs(Network network, List<Tensor> inputs) {
    try (NetworkRunner runner = new NetworkRunner(network, RunOptions.standard().withThreads(1))) {
      runner.run(inputs);
      return true;
    } catch (LatheException refused) {
      return false;
    }
  }

  private static Attribute attribute(String text) {
    if (text.contains(",") || text.startsWith("[")) {
      return new Attribute.Ints(longs(text.replaceAll("[\\[\\]]", "")));
    }
    return text.matches("-?\\d+")
        ? new Attribute.Int(Long.parseLong(text))
        : new Attribute.Text(text.replace(';', ','));
  }

  private static List<Long> longs(String text) {
    List<Long> values = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      values.add(Long.parseLong(part));
    }
    return values;
  }

  private static Shape shape(String text) {
    return text.isEmpty()
        ? Shape.scalar()
        : Shape.of(longs(text.replace('x', ',')).stream().mapToLong(Long::longValue).toArray());
  }

  /** {@code type:shape} or {@code type:shape=values}; ones without values. */
  private static Tensor constant(String word, DType probed) {
    String[] parts = word.split("[:=]", -1);
    DType type =
        switch (parts[0]) {
          case "t" -> probed;
          case "i64" -> DType.INT64;
          case "i32" -> DType.INT32;
          case "i8" -> DType.INT8;
          case "u8" -> DType.UINT8;
          case "bool" -> DType.BOOL;
          default -> DType.FLOAT32;
        };
    Tensor tensor = ones(type, shape(parts[1]));
    @Nullable List<Long> values = parts.length > 2 ? longs(parts[2]) : null;
    for (int i = 0; values != null && i < values.size(); i++) {
      switch (type) {
        case INT64 -> tensor.data().set(Tensor.I64, 8L * i, values.get(i));
        case INT32 -> tensor.data().set(Tensor.I32, 4L * i, values.get(i).intValue());
        case FLOAT32 -> tensor.data().set(Tensor.F32, 4L * i, values.get(i).floatValue());
        default -> tensor.data().set(Tensor.I8, i, values.get(i).byteValue());
      }
    }
    return tensor;
  }

  private static Tensor ones(DType type, Shape shape) {
    Tensor tensor = Tensor.zeros(type, shape);
    for (long i = 0; i < shape.elements(); i++) {
      switch (type) {
        case FLOAT32 -> tensor.data().set(Tensor.F32, 4 * i, 1);
        case FLOAT64 -> tensor.data().set(Tensor.F64, 8 * i, 1);
        case FLOAT16 -> tensor.data().set(Tensor.I16, 2 * i, Float.floatToFloat16(1));
        case BFLOAT16 -> tensor.data().set(Tensor.I16, 2 * i, (short) 0x3f80);
        case INT64, UINT64 -> tensor.data().set(Tensor.I64, 8 * i, 1);
        case INT32, UINT32 -> tensor.data().set(Tensor.I32, 4 * i, 1);
        case INT16, UINT16 -> tensor.data().set(Tensor.I16, 2 * i, (short) 1);
        case INT8, UINT8, BOOL -> tensor.data().set(Tensor.I8, i, (byte) 1);
        default -> {}
      }
    }
    return tensor;
  }
}
