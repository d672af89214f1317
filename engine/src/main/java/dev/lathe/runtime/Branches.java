package dev.lathe.runtime;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inliner;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Partition;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** If: one of two graphs without inputs. */
final class Branches extends ControlFlow {

  private final Node node;
  private final Body then;
  private final Body otherwise;

  Branches(Engine engine, Node node, Map<String, Tensor> constants) {
    this.node = node;
    this.then = new Body(engine, node, body(node, "then_branch"), constants);
    this.otherwise = new Body(engine, node, body(node, "else_branch"), constants);
  }

  /**
   * The graph with every If whose condition is known replaced by the branch it takes; null when
   * there is none.
   */
  static @Nullable Graph inlineDecided(Graph graph, Partition partition) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean changed = false;
    for (Partition.Blocked blocked : partition.blocked()) {
      Node node = blocked.node();
      TensorFact condition = node.is("If") ? partition.facts().find(node.input(0)) : null;
      if (condition != null && condition.value() != null) {
        String branch = truth(node, condition.value()) ? "then_branch" : "else_branch";
        Inliner.inline(editor, node, body(node, branch), List.of());
        changed = true;
      }
    }
    return changed ? editor.toGraph() : null;
  }

  @Override
  List<Tensor> run(Map<String, Tensor> values) {
    Tensor condition = values.get(node.input(0));
    if (condition == null) {
      throw GraphErrors.invalid(node, "has no condition");
    }
    return (truth(node, condition) ? then : otherwise).run(List.of(), values);
  }

  @Override
  public void close() {
    then.close();
    otherwise.close();
  }
}
