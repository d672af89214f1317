package dev.lathe.compress.surgery;

import dev.lathe.graph.Node;
import java.util.List;

/** How an operator, or a family of them, carries channels from its inputs to its outputs. */
interface ChannelRule {

  /** Names in the ONNX domain. */
  List<String> operators();

  /**
   * Joins what must go together. A dimension of an input or output that this does not mention is
   * kept whole.
   */
  void link(Links links);

  /** The node after channels of its values went: attributes and operands that count them. */
  default Node adapt(Node node, Removal removal) {
    return node;
  }
}
