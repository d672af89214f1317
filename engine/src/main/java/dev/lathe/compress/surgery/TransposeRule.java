package dev.lathe.compress.surgery;

import java.util.List;

/** Transpose. */
final class TransposeRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("Transpose");
  }

  @Override
  public void link(Links links) {
    int rank = links.input(0).rank();
    long[] permutation = links.node().intsAttribute("perm");
    for (int i = 0; i < rank; i++) {
      int from = permutation == null ? rank - 1 - i : (int) permutation[i];
      links.join(links.in(0, from), links.out(0, i));
    }
  }
}
