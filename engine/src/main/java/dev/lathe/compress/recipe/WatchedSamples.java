package dev.lathe.compress.recipe;

import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.graph.ValueInfo;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Samples that know whether anybody looked at them.
 *
 * @param seen whether that is so
 */
public record WatchedSamples(Samples samples, AtomicBoolean seen) implements Samples {

  public static @Nullable WatchedSamples of(@Nullable Samples samples) {
    return samples == null ? null : new WatchedSamples(samples, new AtomicBoolean());
  }

  public boolean opened() {
    return seen.get();
  }

  @Override
  public String name() {
    return samples.name();
  }

  @Override
  public OptionalLong count() {
    return samples.count();
  }

  @Override
  public SamplePass open(List<ValueInfo> inputs) {
    seen.set(true);
    return samples.open(inputs);
  }

  @Override
  public Samples skip(long count) {
    return new WatchedSamples(samples.skip(count), seen);
  }
}
