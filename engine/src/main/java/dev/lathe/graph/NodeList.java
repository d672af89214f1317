package dev.lathe.graph;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A linked list of nodes told apart by identity, with constant-time insertion and removal at a
 * known node.
 */
final class NodeList {

  private static final class Link {
    final @Nullable Node node;
    Link previous = this;
    Link next = this;

    Link(@Nullable Node node) {
      this.node = node;
    }
  }

  /** Both ends of the ring. */
  private final Link end = new Link(null);

  private final IdentityHashMap<Node, Link> links = new IdentityHashMap<>();

  boolean contains(Node node) {
    return links.containsKey(node);
  }

  /** The node after a member; null at the end. */
  @Nullable Node after(Node node) {
    return link(node).next.node;
  }

  /** Inserts before a member, or at the end when {@code next} is null. */
  void insert(Node node, @Nullable Node next) {
    Link after = next == null ? end : link(next);
    Link link = new Link(node);
    if (links.putIfAbsent(node, link) != null) {
      throw new IllegalArgumentException("already part of the graph: " + node);
    }
    link.previous = after.previous;
    link.next = after;
    link.previous.next = link;
    after.previous = link;
  }

  void remove(Node node) {
    Link link = link(node);
    links.remove(node);
    link.previous.next = link.next;
    link.next.previous = link.previous;
  }

  List<Node> toList() {
    List<Node> nodes = new ArrayList<>(links.size());
    for (Link link = end.next; link.node != null; link = link.next) {
      nodes.add(link.node);
    }
    return nodes;
  }

  private Link link(Node node) {
    Link link = links.get(node);
    if (link == null) {
      throw new IllegalArgumentException(
          "not part of the graph now (replaced or removed by an earlier edit): " + node);
    }
    return link;
  }
}
