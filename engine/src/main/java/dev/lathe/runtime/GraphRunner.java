package dev.lathe.runtime;

import dev.lathe.graph.Graph;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Partition;
import dev.lathe.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs a lowered graph for inputs of any shape. Where all shapes follow from those of the inputs, a
 * set of input shapes has one plan. Where a shape depends on contents, it has a chain: a plan up to
 * there, then a runner for the rest, whose inputs are the values computed so far. Thread-safe.
 */
final class GraphRunner implements AutoCloseable {

  /** Sets of shapes kept; the least recently used is dropped first. */
  private static final int MAX_SECTIONS = 16;

  /** What a section was made for: facts without contents, and the contents that matter. */
  private record Key(List<TensorFact> facts, List<ByteBuffer> contents) {}

  private final Engine engine;
  private final Graph graph;

  /** Inputs whose contents decide on shapes, as far as sections were made. */
  private final Set<String> decisive = new LinkedHashSet<>();

  private final LinkedHashMap<Key, Section> sections =
      new LinkedHashMap<>(MAX_SECTIONS, 0.75f, true);
  private boolean closed;

  GraphRunner(Engine engine, Graph graph) {
    this.engine = engine;
    this.graph = graph;
  }

  Graph graph() {
    return graph;
  }

  /**
   * Runs once.
   *
   * @param inputs one per graph input, in order
   * @return one per graph output, in order, on the heap
   */
  List<Tensor> run(List<Tensor> inputs) {
    Section section = take(inputs.stream().map(TensorFact::constant).toList());
    try {
      return section.run(inputs);
    } finally {
      giveBack(section);
    }
  }

  /**
   * The right to run the one plan of a set of shapes.
   *
   * @param inputs one fact per graph input; with contents where the caller has them
   * @throws dev.lathe.error.ContentRequiredException when a shape depends on contents that only a
   *     run computes
   */
  Invocation prepare(List<TensorFact> inputs) {
    Section section = take(inputs);
    try {
      return section.invocation();
    } finally {
      giveBack(section);
    }
  }

  private synchronized Section take(List<TensorFact> inputs) {
    if (closed) {
      throw new IllegalStateException("session is closed");
    }
    Section section = sections.get(key(inputs));
    if (section == null) {
      section = create(inputs);
      sections.put(key(inputs), section);
      if (sections.size() > MAX_SECTIONS) {
        sections.pollFirstEntry().getValue().retire();
      }
    }
    section.enter();
    return section;
  }

  private synchronized void giveBack(Section section) {
    section.leave();
  }

  private Key key(List<TensorFact> inputs) {
    List<TensorFact> facts = new ArrayList<>();
    List<ByteBuffer> contents = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      TensorFact fact = inputs.get(i);
      facts.add(TensorFact.of(fact.dtype(), fact.shape()));
      Tensor value = fact.value();
      if (value != null && decisive.contains(graph.inputs().get(i).name())) {
        contents.add(Tensors.copy(value).data().asByteBuffer());
      }
    }
    return new Key(facts, contents);
  }

  private Section create(List<TensorFact> inputs) {
    Map<String, TensorFact> given = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      given.put(graph.inputs().get(i).name(), inputs.get(i));
    }
    Graph current = graph;
    while (true) {
      Map<String, TensorFact> known = known(given);
      Partition partition = engine.partition(current, known);
      Graph branched = Branches.inlineDecided(current, partition);
      if (branched != null) {
        current = engine.lower(branched);
      } else if (!learn(partition, current, given)) {
        return new Section(engine, current, partition, known);
      }
    }
  }

  private Map<String, TensorFact> known(Map<String, TensorFact> given) {
    Map<String, TensorFact> known = new LinkedHashMap<>();
    given.forEach(
        (name, fact) -> {
          Tensor value = decisive.contains(name) ? fact.value() : null;
          known.put(
              name,
              value == null
                  ? TensorFact.of(fact.dtype(), fact.shape())
                  : TensorFact.constant(Tensors.copy(value)));
        });
    return known;
  }

  /** Adds the inputs whose contents would unblock a node; whether there were any. */
  private boolean learn(Partition partition, Graph current, Map<String, TensorFact> given) {
    boolean learned = false;
    for (Partition.Blocked blocked : partition.blocked()) {
      int index = blocked.reason().input();
      TensorFact fact = index < 0 ? null : given.get(blocked.node().input(index));
      if (fact != null
          && fact.value() != null
          && !Continuation.evaluatesAhead(engine, blocked.node(), current, given)) {
        learned |= decisive.add(blocked.node().input(index));
      }
    }
    return learned;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      sections.values().forEach(Section::retire);
      sections.clear();
    }
  }
}
