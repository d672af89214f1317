package dev.lathe.compress.factorize;

import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import java.util.List;

/** A layer taken apart, before ranks are chosen. */
public interface Decomposition {

  /** Squared singular values of every mode, the largest first. */
  List<double[]> energies();

  /** Multiply-accumulates at a rank for each mode. */
  long macs(int[] ranks);

  /**
   * The nodes that stand for one that reads the weight: they read its input and make its output.
   * The weights they read are constants of the editor.
   *
   * @param names constants by what they are, so that nodes of a shared weight share its factors
   */
  List<Node> nodes(Node node, int[] ranks, Factors names, GraphEditor editor);
}
