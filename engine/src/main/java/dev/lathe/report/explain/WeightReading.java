package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import java.util.Optional;

/** A product of few rows: each weight is read for a handful of multiply-accumulates. */
final class WeightReading implements Cause.OfWork {

  private static final int FEW_ROWS = 4;
  private static final int BATCH = 8;
  private static final long WORTH_BYTES = 64 << 10;

  @Override
  public String id() {
    return "reading weights";
  }

  @Override
  public String command(String layers) {
    return "lathe quantize MODEL -o OUT --data D";
  }

  @Override
  public Optional<Finding> find(Work work, Layer layer, Scene scene) {
    if (work.m() > FEW_ROWS || work.weightBytes() < WORTH_BYTES) {
      return Optional.empty();
    }
    String why =
        text(
            "%,d bytes of weights are read for %s; that takes at least %.1f of %.1f µs",
            work.weightBytes(),
            work.m() == 1 ? "one row" : work.m() + " rows",
            work.weightBytes() / scene.roofline().bandwidth().of(work.weightBytes()) / 1e3,
            layer.micros());
    return Optional.of(
        work.integer() || !work.pointwise()
            ? Finding.tried(
                this,
                layer,
                why,
                "a larger batch: the gain is per sample",
                Trial.perWork(
                    BATCH + " samples at once",
                    scene,
                    work,
                    work.pointwise()
                        ? work.withRows(BATCH * work.m())
                        : work.withBatch(BATCH * work.batch())))
            : Finding.tried(
                this,
                layer,
                why,
                "weights of 8 bits, a quarter of the bytes",
                Trial.same("int8 weights and inputs", scene, work, work.asInteger())));
  }
}
