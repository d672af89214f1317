package dev.lathe.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.bench.OrtPeer;
import dev.lathe.error.LatheException;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Network;
import dev.lathe.measure.Peer.PeerSession;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.onnx.Overwrite;
import dev.lathe.report.Difference;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Small random graphs give the same results in ONNX Runtime and here. {@code -Dlathe.fuzz.graphs=N}
 * says how many, {@code -Dlathe.fuzz.seed=S} where to begin; a graph that differs is kept as {@code
 * target/fuzz-SEED.onnx}, described in {@code target/fuzz-SEED.txt}.
 */
class RandomGraphTest {

  private static final int GRAPHS = Integer.getInteger("lathe.fuzz.graphs", 300);
  private static final long FIRST = Long.getLong("lathe.fuzz.seed", 1);

  /** Of the largest magnitude; sums of some thousand terms in another order. */
  private static final double LIMIT = 1e-4;

  @TempDir Path folder;

  /** Graphs that ONNX Runtime's own fusions break, such as a LayerNormalization cast half-way. */
  private int refusedByPeer;

  @Test
  void randomGraphsAgreeWithOnnxRuntime() throws IOException {
    List<String> failures = new ArrayList<>();
    int nodes = 0;
    for (long seed = FIRST; seed < FIRST + GRAPHS; seed++) {
      Grower graph = grown(seed);
      Network network = graph.network(17);
      nodes += network.graph().nodes().size();
      String failure = compare(seed, graph, network);
      if (!failure.isEmpty()) {
        OnnxWriter.write(network, Path.of("target", "fuzz-" + seed + ".onnx"), Overwrite.REPLACE);
        Files.writeString(Path.of("target", "fuzz-" + seed + ".txt"), failure + graph);
        failures.add("seed " + seed + ": " + failure);
      }
    }
    assertThat(failures).as("graphs that differ, of %d", GRAPHS).isEmpty();
    assertThat(nodes).isGreaterThan(4 * GRAPHS);
    assertThat(refusedByPeer).as("graphs ONNX Runtime refuses").isLessThanOrEqualTo(GRAPHS / 100);
  }

  static Grower grown(long seed) {
    Grower graph = new Grower(seed);
    int batch = graph.between(1, 3);
    switch (graph.between(0, 3)) {
      case 0 -> graph.input(batch, graph.between(1, 40), graph.between(2, 16));
      case 1 -> graph.input(batch, graph.between(1, 64));
      default ->
          graph.input(batch, graph.between(1, 20), graph.between(2, 18), graph.between(2, 18));
    }
    if (graph.chance(0.3)) {
      graph.input(batch, graph.between(1, 40));
    }
    int moves = graph.between(3, 14);
    for (int i = 0; i < moves; i++) {
      List<Moves.Move> family =
          graph.chance(0.6) ? Moves.ALL : graph.chance(0.5) ? Blocks.ALL : Selections.ALL;
      family.get(graph.random.nextInt(family.size())).grow(graph);
    }
    return graph;
  }

  private String compare(long seed, Grower graph, Network network) {
    if (network.graph().outputs().isEmpty()) {
      return "";
    }
    Path file = folder.resolve(seed + ".onnx");
    OnnxWriter.write(network, file, Overwrite.REPLACE);
    List<Tensor> theirs;
    try (PeerSession peer = new OrtPeer().open(file, 1)) {
      theirs = peer.run(graph.fed());
    } catch (UnsupportedException refused) {
      refusedByPeer++;
      return "";
    }
    try (NetworkRunner runner =
        new NetworkRunner(OnnxReader.read(file), RunOptions.standard().withThreads(1))) {
      List<Tensor> ours = runner.run(graph.fed());
      for (int i = 0; i < ours.size(); i++) {
        String name = network.graph().outputs().get(i).name();
        Difference difference = Difference.of(name, ours.get(i), theirs.get(i));
        if (!difference.isWithin(LIMIT)) {
          return String.format(
              Locale.ROOT, "output %s differs by %.2e", name, difference.relative());
        }
      }
      return "";
    } catch (LatheException failure) {
      return failure.problems().getFirst().toString();
    }
  }
}
