package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import java.util.OptionalLong;

/** Samples that can be read from the start any number of times, in a fixed order. */
public interface Dataset {

  /** What the user calls it: the path. */
  String name();

  /** Number of samples when it is known before reading them. */
  OptionalLong size();

  /** Whether every sample has a label. */
  boolean labelled();

  /**
   * Whether all samples have the shape of the first, as numbers in an array do and pictures in
   * files need not.
   */
  default boolean uniform() {
    return false;
  }

  /** Starts a pass from the first sample. */
  SampleReader open();

  /** Samples [from, to) of this data set; {@code to} may lie beyond the end. */
  default Dataset slice(long from, long to) {
    return new Slice(this, from, to);
  }

  /**
   * This data set, when it has labels.
   *
   * @throws InvalidDataException when it has none
   */
  default Dataset requireLabels() {
    if (!labelled()) {
      throw new InvalidDataException(
          new Problem(
              "the data has no labels",
              name(),
              "accuracy needs the true class of every sample",
              "put the labels beside the images (IDX), as array 'y' (.npz), into labels.csv or the"
                  + " images into a folder per class"));
    }
    return this;
  }
}
