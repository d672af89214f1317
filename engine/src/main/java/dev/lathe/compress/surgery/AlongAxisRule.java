package dev.lathe.compress.surgery;

import java.util.List;

/** Operators that mix elements along one dimension, or from it on. */
final class AlongAxisRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of("Softmax", "LogSoftmax", "LayerNormalization", "RMSNormalization");
  }

  @Override
  public void link(Links links) {
    int rank = links.input(0).rank();
    boolean softmax = links.node().opType().endsWith("oftmax");
    boolean fromThere = !softmax || links.opset() < 13;
    int axis = links.axis(softmax && links.opset() < 13 ? 1 : -1, rank);
    for (int output = 0; output < links.node().outputs().size(); output++) {
      for (int i = 0; links.yields(output) && i < rank; i++) {
        if (i < axis || (i > axis && !fromThere)) {
          links.join(links.in(0, i), links.out(output, i));
        }
      }
    }
  }
}
