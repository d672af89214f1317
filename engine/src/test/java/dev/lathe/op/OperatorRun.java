package dev.lathe.op;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.parallel.Workers;
import dev.lathe.plan.ConstantStore;
import dev.lathe.plan.ExecutionPlan;
import dev.lathe.plan.Executor;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Planner;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs a graph of one node through the planner. */
final class OperatorRun {

  private OperatorRun() {}

  /**
   * Outputs of a node.
   *
   * @param fed inputs that are supplied at run time
   * @param constants inputs that are known at planning time
   */
  static List<Tensor> run(
      Node node, long opset, Map<String, Tensor> fed, Map<String, Tensor> constants, int threads) {
    List<ValueInfo> inputs =
        fed.keySet().stream().map(name -> new ValueInfo(name, null, null, null)).toList();
    List<ValueInfo> outputs =
        node.outputs().stream()
            .filter(name -> !name.isEmpty())
            .map(name -> new ValueInfo(name, null, null, null))
            .toList();
    Graph graph = new Graph("one", inputs, outputs, constants, List.of(node), Map.of(), null);
    return run(graph, opset, fed, threads);
  }

  /** Outputs of a graph. */
  static List<Tensor> run(Graph graph, long opset, Map<String, Tensor> fed, int threads) {
    Map<String, TensorFact> facts = new LinkedHashMap<>();
    fed.forEach((name, tensor) -> facts.put(name, TensorFact.of(tensor.dtype(), tensor.shape())));
    Map<String, Long> opsets = Map.of("", opset, Node.LATHE_DOMAIN, 1L, Microsoft.DOMAIN, 1L);
    Planner planner = new Planner(Operators.table(), KernelSelector.standard());
    try (Arena arena = Arena.ofShared();
        ConstantStore store = new ConstantStore();
        Workers workers = new Workers(threads);
        ExecutionPlan plan = planner.plan(graph, opsets, facts, store, threads)) {
      Frame frame = plan.acquire();
      int port = 0;
      for (Tensor tensor : fed.values()) {
        MemorySegment copy = arena.allocate(Math.max(1, tensor.data().byteSize()), 64);
        MemorySegment.copy(tensor.data(), 0, copy, 0, tensor.data().byteSize());
        plan.bindInput(frame, port++, copy);
      }
      List<Tensor> results = new ArrayList<>();
      List<MemorySegment> staged = new ArrayList<>();
      for (TensorFact fact : plan.outputs()) {
        Tensor result = Tensor.zeros(fact.dtype(), fact.shape());
        MemorySegment memory = arena.allocate(result.data().byteSize() + 64, 64).fill((byte) 0x5A);
        plan.bindOutput(frame, results.size(), memory);
        results.add(result);
        staged.add(memory);
      }
      new Executor(plan, frame, workers).run();
      plan.release(frame);
      for (int i = 0; i < results.size(); i++) {
        MemorySegment data = results.get(i).data();
        MemorySegment.copy(staged.get(i), 0, data, 0, data.byteSize());
        for (long at = data.byteSize(); at < data.byteSize() + 64; at++) {
          if (staged.get(i).get(Tensor.I8, at) != 0x5A) {
            throw new AssertionError("output " + i + " was written past its end");
          }
        }
      }
      return results;
    }
  }
}
