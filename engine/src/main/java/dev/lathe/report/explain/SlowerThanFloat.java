package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import java.util.Optional;

/** An integer layer that fp32 would compute faster here. */
final class SlowerThanFloat implements Cause.OfWork {

  /** No fp32 kernel gets closer to its peak. */
  private static final double BEST_SHARE = 0.9;

  @Override
  public String id() {
    return "int8 slower than fp32";
  }

  @Override
  public String command(String layers) {
    return "lathe quantize MODEL -o OUT --data D --exclude '" + layers + "' (from the fp32 model)";
  }

  @Override
  public Optional<Finding> find(Work work, Layer layer, Scene scene) {
    double peak = scene.roofline().peaks().fma().gmacs();
    double rate = layer.main().step().gmacs();
    if (!work.integer()
        || rate > BEST_SHARE * peak
        || layer.node().opType().equals("MatMulIntegerToFloat")) {
      return Optional.empty();
    }
    return Optional.of(
        Finding.tried(
            this,
            layer,
            text("%.1f GMAC/s in int8; fp32 peaks at %.1f here", rate, peak),
            "leave it in fp32, with its neighbours: conversions at the edges cost, too",
            Trial.same("the layer in fp32", scene, work, work.asFloat())));
  }
}
