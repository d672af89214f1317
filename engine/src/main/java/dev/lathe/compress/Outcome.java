package dev.lathe.compress;

import dev.lathe.graph.Network;
import java.util.List;

/** What a method of compression made of a network. */
public interface Outcome {

  Network network();

  /** Nodes the method could have changed and left as they are, each with the reason. */
  List<String> kept();

  /** What may cost accuracy or speed. */
  List<String> warnings();
}
