package dev.lathe.compress.calibrate;

import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.ValueInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which of some samples were observed before: those a state holds that begin with the same bits.
 *
 * @param part that the samples continue, or null
 * @param digest of the samples of that part
 * @param isAll whether there are no more than those
 */
record SeenSamples(CalibrationState.@Nullable Part part, SampleDigest digest, boolean isAll) {

  /**
   * Reads as many samples as were observed and compares.
   *
   * @throws UsageException when more of the same data were observed than are asked for now
   */
  static SeenSamples find(
      List<CalibrationState.Part> parts, Samples samples, List<ValueInfo> inputs) {
    for (CalibrationState.Part part : parts.reversed()) {
      SeenSamples seen = compare(part, samples, inputs);
      if (seen != null) {
        return seen;
      }
    }
    return new SeenSamples(null, new SampleDigest(), false);
  }

  private static @Nullable SeenSamples compare(
      CalibrationState.Part part, Samples samples, List<ValueInfo> inputs) {
    SampleDigest digest = new SampleDigest();
    long done = 0;
    try (SamplePass pass = samples.open(inputs)) {
      for (SampleBatch batch = pass.next(); batch != null; batch = pass.next()) {
        for (int row = 0; row < batch.count(); row++) {
          if (done == part.samples()) {
            return digest.text().equals(part.digest())
                ? new SeenSamples(part, digest, false)
                : null;
          }
          digest.add(batch, row);
          done++;
        }
      }
    }
    if (done == part.samples() && digest.text().equals(part.digest())) {
      return new SeenSamples(part, digest, true);
    }
    if (done < part.samples() && samples.name().equals(part.name())) {
      throw new UsageException(
          new Problem(
              "the calibration state has seen more of this data than is asked for",
              part.samples() + " samples of " + part.name() + ", now " + done,
              "what was observed can't be taken back",
              "raise --samples or name another state file"));
    }
    return null;
  }
}
