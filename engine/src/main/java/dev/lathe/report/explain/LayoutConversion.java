package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import java.util.Optional;

/** A transpose that the layout passes could not remove. */
final class LayoutConversion implements Cause.OfLayer {

  @Override
  public String id() {
    return "layout conversion";
  }

  @Override
  public Optional<Finding> find(Layer layer, Scene scene) {
    if (!layer.node().is("Transpose")) {
      return Optional.empty();
    }
    boolean enters = scene.graph().isInput(layer.node().input(0));
    boolean leaves = scene.graph().isOutput(layer.node().output(0));
    return Optional.of(
        Finding.certain(
            this,
            layer,
            text(
                "a transpose to %s stayed%s: %,d bytes at %.1f GB/s",
                layer.main().step().shape(),
                enters || leaves ? ", at the edge of the model" : "",
                layer.main().step().bytes(),
                layer.main().step().gbs()),
            enters || leaves
                ? "export the model for the layout of its caller"
                : "an operator between convolutions that keeps channels last",
            layer.micros()));
  }
}
