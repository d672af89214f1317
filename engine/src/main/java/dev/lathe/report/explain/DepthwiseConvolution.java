package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import dev.lathe.report.bench.Roofline;
import java.util.Optional;

/** A few multiply-accumulates per value loaded: the arithmetic units wait for the loads. */
final class DepthwiseConvolution implements Cause.OfWork {

  @Override
  public String id() {
    return "depthwise bandwidth";
  }

  @Override
  public Optional<Finding> find(Work work, Layer layer, Scene scene) {
    int columns = 16;
    long deep = work.macs() / work.m() / columns;
    if (!work.depthwise() || deep == 0) {
      return Optional.empty();
    }
    Roofline.Layer main = layer.main();
    Work dense =
        Work.product(work.integer(), Math.toIntExact(work.m()), Math.toIntExact(deep), columns);
    return Optional.of(
        Finding.tried(
            this,
            layer,
            text(
                "%d products per value of the output and %.1f per byte moved; a dense layer of as"
                    + " many would do %.1f per byte",
                work.depth(),
                (double) main.step().macs() / Math.max(1, main.step().bytes()),
                (double) dense.macs()
                    / (dense.weightBytes()
                        + (dense.m() * (deep + columns)) * (work.integer() ? 1 : 4))),
            "only the architecture: dense layers with fewer channels do the same arithmetic faster",
            Trial.perWork("as many multiply-accumulates in a dense layer", scene, work, dense)));
  }
}
