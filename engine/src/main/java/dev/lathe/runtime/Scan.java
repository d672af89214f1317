package dev.lathe.runtime;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Scan: a body run over the slices of some inputs. Inputs: states, then scanned ones. Body:
 * (states, slices) to (states, slices of the scanned outputs). In opset 8 a first input may give
 * sequence lengths, and all values have a leading batch axis: every batch entry is a scan of its
 * own.
 */
final class Scan extends ControlFlow {

  private final Node node;
  private final Graph graph;
  private final Body body;
  private final int scans;
  private final int states;
  private final boolean batched;

  Scan(Engine engine, Node node, Map<String, Tensor> constants) {
    this.node = node;
    this.graph = body(node, "body");
    this.body = new Body(engine, node, graph, constants);
    this.batched = engine.opset() < 9;
    this.scans = (int) node.intAttribute("num_scan_inputs", 0);
    this.states = node.inputs().size() - scans - (batched ? 1 : 0);
    if (scans < 1 || states < 0 || graph.outputs().size() < states) {
      throw GraphErrors.invalid(
          node, "has " + node.inputs().size() + " inputs and scans " + scans + " of them");
    }
  }

  @Override
  List<Tensor> run(Map<String, Tensor> values) {
    List<Tensor> inputs = node.inputs().stream().map(values::get).toList();
    return batched ? runBatch(inputs, values) : runOne(inputs, Long.MAX_VALUE, values);
  }

  private List<Tensor> runBatch(List<Tensor> inputs, Map<String, Tensor> values) {
    Tensor lengths = node.hasInput(0) ? inputs.getFirst() : null;
    List<Tensor> rows = inputs.subList(1, inputs.size());
    if (rows.stream().anyMatch(row -> row.shape().rank() == 0)) {
      throw GraphErrors.invalid(node, "scans values without a batch axis: " + rows);
    }
    long batch = rows.getFirst().shape().dim(0);
    List<List<Tensor>> results = new ArrayList<>();
    for (int entry = 0; entry < batch; entry++) {
      int at = entry;
      results.add(
          runOne(
              rows.stream().map(row -> Tensors.slice(row, 0, at)).toList(),
              lengths == null ? Long.MAX_VALUE : lengths.integer(entry),
              values));
    }
    List<Tensor> outputs = new ArrayList<>();
    for (int i = 0; i < graph.outputs().size(); i++) {
      int output = i;
      List<Tensor> entries = results.stream().map(result -> result.get(output)).toList();
      Tensor first = entries.getFirst();
      if (entries.stream().anyMatch(entry -> !entry.shape().equals(first.shape()))) {
        throw GraphErrors.invalid(node, "yields a different shape for every batch entry");
      }
      outputs.add(Tensors.stack(entries, first.dtype(), first.shape(), 0));
    }
    return outputs;
  }

  private List<Tensor> runOne(List<Tensor> inputs, long limit, Map<String, Tensor> values) {
    int[] axes = new int[scans];
    long length = -1;
    for (int i = 0; i < scans; i++) {
      Tensor input = inputs.get(states + i);
      axes[i] = axis(entry("scan_input_axes", i), input);
      long size = input.shape().dim(axes[i]);
      if (length >= 0 && size != length) {
        throw GraphErrors.invalid(node, "scans inputs of " + length + " and " + size + " slices");
      }
      length = size;
    }
    length = Math.min(length, limit);
    List<Tensor> carried = inputs.subList(0, states);
    Scanned scanned = new Scanned(node, graph, states);
    for (long at = 0; at < length; at++) {
      List<Tensor> arguments = new ArrayList<>(carried);
      for (int i = 0; i < scans; i++) {
        boolean backwards = entry(batched ? "directions" : "scan_input_directions", i) != 0;
        arguments.add(
            Tensors.slice(inputs.get(states + i), axes[i], backwards ? length - 1 - at : at));
      }
      List<Tensor> results = body.run(arguments, values);
      carried = results.subList(0, states);
      scanned.add(results);
    }
    List<Tensor> outputs = new ArrayList<>(carried);
    for (int i = 0; i < scanned.count(); i++) {
      outputs.add(
          scanned.stacked(
              i, entry("scan_output_axes", i), entry("scan_output_directions", i) != 0));
    }
    return outputs;
  }

  private int axis(long axis, Tensor input) {
    int rank = input.shape().rank();
    long resolved = axis < 0 ? axis + rank : axis;
    if (resolved < 0 || resolved >= rank) {
      throw GraphErrors.invalid(node, "scans axis " + axis + " of " + input.shape());
    }
    return (int) resolved;
  }

  /** An entry of an attribute that is a list, 0 by default. */
  private long entry(String attribute, int index) {
    long @Nullable [] list = node.intsAttribute(attribute);
    return list == null || index >= list.length ? 0 : list[index];
  }

  @Override
  public void close() {
    body.close();
  }
}
