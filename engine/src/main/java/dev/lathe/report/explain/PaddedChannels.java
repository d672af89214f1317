package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import java.util.Optional;

/** So few input channels that the kernel's inner loop is filled up with zeros. */
final class PaddedChannels implements Cause.OfWork {

  @Override
  public String id() {
    return "padded channels";
  }

  @Override
  public Optional<Finding> find(Work work, Layer layer, Scene scene) {
    int channels = work.channels() / work.groups();
    if (work.depthwise() || work.pointwise() || channels >= 4 || layer.tile().isEmpty()) {
      return Optional.empty();
    }
    Work full = work.withChannels(4, work.n());
    double copying =
        layer.steps().stream()
            .filter(step -> step.step().kernel().equals("pad"))
            .mapToDouble(step -> step.step().micros())
            .sum();
    return Optional.of(
        Finding.tried(
            this,
            layer,
            text(
                "%d channels per pixel: rows of the window are gathered from a padded copy (%.1f"
                    + " µs) and filled up",
                channels, copying),
            "an image of 4 channels, or space to depth before the first layer",
            Trial.perWork("the same work with 4 channels", scene, work, full)));
  }
}
