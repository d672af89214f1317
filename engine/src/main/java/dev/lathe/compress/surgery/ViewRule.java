package dev.lathe.compress.surgery;

import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Operators that name the dimensions anew and leave the elements in their order.
 *
 * <p>Where several dimensions become one, or one becomes several, one of the several carries the
 * channels: flattening, it is the first that may go; unflattening, the inner of two and the first
 * of more. The others are kept whole.
 */
final class ViewRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("Reshape", "Flatten", "Squeeze", "Unsqueeze");
  }

  @Override
  public void link(Links links) {
    Shape in = links.input(0);
    Shape out = links.output(0);
    int i = 0;
    int o = 0;
    while (i < in.rank() && o < out.rank()) {
      List<Axis> ins = new ArrayList<>(List.of(links.in(0, i)));
      List<Axis> outs = new ArrayList<>(List.of(links.out(0, o)));
      long inProduct = in.dim(i++);
      long outProduct = out.dim(o++);
      while (inProduct != outProduct) {
        if (inProduct < outProduct) {
          ins.add(links.in(0, i));
          inProduct *= in.dim(i++);
        } else {
          outs.add(links.out(0, o));
          outProduct *= out.dim(o++);
        }
      }
      ins.removeIf(axis -> links.extent(axis) == 1);
      outs.removeIf(axis -> links.extent(axis) == 1);
      if (outs.size() == 1 && !ins.isEmpty()) {
        Axis carrier =
            ins.stream().filter(axis -> !links.isFrozen(axis)).findFirst().orElse(ins.getFirst());
        join(links, outs.getFirst(), ins, carrier);
      } else if (ins.size() == 1 && !outs.isEmpty()) {
        join(links, ins.getFirst(), outs, outs.size() == 2 ? outs.getLast() : outs.getFirst());
      }
    }
  }

  /** Joins each index of {@code carrier} with all that it makes of the whole. */
  private static void join(Links links, Axis whole, List<Axis> parts, Axis carrier) {
    int place = parts.indexOf(carrier);
    int extent = links.extent(carrier);
    int inner = 1;
    for (Axis part : parts.subList(place + 1, parts.size())) {
      inner *= links.extent(part);
    }
    for (int i = 0; i < links.extent(whole); i++) {
      links.join(whole, i, carrier, i / inner % extent);
    }
  }

  /** A target shape that counts channels counts fewer; 0 and -1 still mean what they meant. */
  @Override
  public Node adapt(Node node, Removal removal) {
    Tensor target = node.is("Reshape") ? removal.constant(node.input(1)) : null;
    if (target == null) {
      return node;
    }
    long[] dims = target.toLongs();
    for (int i = 0; i < dims.length; i++) {
      Axis axis = new Axis(node.output(0), i);
      dims[i] = dims[i] > 0 ? removal.left(axis) : dims[i];
    }
    return Arrays.equals(dims, target.toLongs())
        ? node
        : removal.withConstant(node, 1, Tensor.of(dims, dims.length));
  }
}
