package dev.lathe.report.explain;

import dev.lathe.measure.Bootstrap;
import dev.lathe.report.Profile;
import dev.lathe.report.bench.Roofline;
import dev.lathe.runtime.Invocation;
import dev.lathe.tensor.Tensor;
import java.util.Collection;
import java.util.List;

/** Whatever is measured to explain a model: all times come from here. */
public interface Gauge {

  /** The time of every step of a prepared network. */
  Profile profile(Invocation invocation, List<Tensor> inputs);

  /** What the machine reaches on some threads with some kernels. */
  Roofline roofline(int threads, Collection<String> kernels);

  /** Time of {@code after} / time of {@code before}, measured side by side. */
  Bootstrap.Interval ratio(Variant before, Variant after);
}
