package dev.lathe.compress.surgery;

import java.util.List;

/** Gather: the dimensions it does not pick from keep their channels. */
final class GatherRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("Gather");
  }

  @Override
  public void link(Links links) {
    int rank = links.input(0).rank();
    int along = links.axis(0, rank);
    int wider = links.input(1).rank() - 1;
    for (int i = 0; i < rank; i++) {
      if (i != along) {
        links.join(links.in(0, i), links.out(0, i < along ? i : i + wider));
      }
    }
  }
}
