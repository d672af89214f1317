package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import java.util.Optional;

/** The range of an input is searched, and the input quantized, in every run. */
final class DynamicRange implements Cause.OfWork {

  @Override
  public String id() {
    return "dynamic quantization";
  }

  @Override
  public String command(String layers) {
    return "lathe quantize MODEL -o OUT --data D (from the fp32 model)";
  }

  @Override
  public Optional<Finding> find(Work work, Layer layer, Scene scene) {
    if (!layer.node().opType().equals("MatMulIntegerToFloat")) {
      return Optional.empty();
    }
    var quantize = scene.producer(layer.node().input(0));
    if (quantize == null || !quantize.is("DynamicQuantizeLinear")) {
      return Optional.empty();
    }
    double searching = scene.micros(quantize);
    int sharers = scene.consumers(quantize.output(0)).size();
    return Optional.of(
        new Finding(
            id(),
            layer.name(),
            layer.micros() + searching / sharers,
            text(
                "finding the range of %s and quantizing it takes %.1f µs in each run, for %d"
                    + " products",
                layer.main().step().operands().split(",", 2)[0], searching, sharers),
            "calibrate the ranges on samples",
            new Trial(
                "the same product with calibrated ranges",
                new Variant("dynamic " + work, () -> Alone.dynamic(work), scene.options()),
                new Variant("calibrated " + work, () -> Alone.calibrated(work), scene.options()),
                1),
            0,
            "",
            false));
  }
}
