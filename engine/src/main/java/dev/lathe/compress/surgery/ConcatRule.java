package dev.lathe.compress.surgery;

import java.util.List;

/** Concat: each channel of the output comes from one input. */
final class ConcatRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("Concat");
  }

  @Override
  public void link(Links links) {
    int rank = links.output(0).rank();
    int along = links.axis(1, rank);
    int at = 0;
    for (int input = 0; input < links.node().inputs().size(); input++) {
      for (int i = 0; i < rank; i++) {
        if (i != along) {
          links.join(links.in(input, i), links.out(0, i));
        }
      }
      for (int i = 0; i < links.extent(links.in(input, along)); i++) {
        links.join(links.in(input, along), i, links.out(0, along), at++);
      }
    }
  }
}
