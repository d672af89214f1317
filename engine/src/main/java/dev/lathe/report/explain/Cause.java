package dev.lathe.report.explain;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** One reason for which a layer may take longer than it has to. */
interface Cause {

  /** Its name, a few words. */
  String id();

  /** What the plan's facts and the profile say; gains are measured afterwards. */
  List<Finding> find(Scene scene);

  /**
   * The command of this program that mends it, or empty when there is none.
   *
   * @param layers a regular expression for the names of the layers it is about
   */
  default String command(String layers) {
    return "";
  }

  /** A cause that looks at one layer at a time. */
  interface OfLayer extends Cause {

    Optional<Finding> find(Layer layer, Scene scene);

    @Override
    default List<Finding> find(Scene scene) {
      return scene.layers().stream().flatMap(layer -> find(layer, scene).stream()).toList();
    }
  }

  /** A cause that looks at layers that are convolutions or products. */
  interface OfWork extends OfLayer {

    Optional<Finding> find(Work work, Layer layer, Scene scene);

    @Override
    default Optional<Finding> find(Layer layer, Scene scene) {
      Work work = layer.work();
      return work == null ? Optional.empty() : find(work, layer, scene);
    }
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
