package dev.lathe.compress.recover;

import java.util.SplittableRandom;

/**
 * Which rows of an input are looked at: of every sample the same number, one in each of as many
 * equal parts, at a place that depends on the name and the sample's number alone.
 */
record RowChoice(String name, long perSample) {

  /**
   * Rows of one batch.
   *
   * @param rows in the input, those of one sample side by side
   * @param samples in the batch, padding included
   * @param count samples that are real
   * @param first number of the batch's first sample
   */
  long[] of(long rows, long samples, int count, long first) {
    // An input that is not divided by samples belongs to all of them.
    boolean divided = rows % samples == 0;
    long each = divided ? rows / samples : rows;
    int owners = divided ? count : 1;
    int taken = Math.toIntExact(Math.min(each, divided ? perSample : perSample * count));
    long[] chosen = new long[Math.multiplyExact(owners, taken)];
    for (int sample = 0; sample < owners; sample++) {
      SplittableRandom random = new SplittableRandom(name.hashCode() * 31L + first + sample);
      for (int part = 0; part < taken; part++) {
        long from = each * part / taken;
        long end = each * (part + 1) / taken;
        chosen[sample * taken + part] = sample * each + random.nextLong(from, end);
      }
    }
    return chosen;
  }
}
