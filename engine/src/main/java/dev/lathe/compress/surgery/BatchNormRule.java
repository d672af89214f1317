package dev.lathe.compress.surgery;

import java.util.List;

/** Operators with parameters per channel, dimension 1, and none that mixes channels. */
final class BatchNormRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("BatchNormalization", "InstanceNormalization");
  }

  @Override
  public void link(Links links) {
    for (int dimension = 0; dimension < links.input(0).rank(); dimension++) {
      if (dimension < 2 || links.node().is("BatchNormalization")) {
        links.join(links.in(0, dimension), links.out(0, dimension));
      }
    }
    for (int input = 1; input < links.node().inputs().size(); input++) {
      links.join(links.in(0, 1), links.in(input, 0));
    }
  }
}
