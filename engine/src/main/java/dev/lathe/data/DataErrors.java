package dev.lathe.data;

import dev.lathe.error.FileReason;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import java.io.IOException;
import java.util.List;

/** Wording and limits that the readers share. */
final class DataErrors {

  /** Most values one sample may have; keeps memory bounded whatever a header claims. */
  static final long MAX_SAMPLE_VALUES = 1L << 26;

  private DataErrors() {}

  static InvalidDataException damaged(String what, String where, String why) {
    return new InvalidDataException(
        new Problem(what, where, why, "get the file again and compare its checksum"));
  }

  static InvalidDataException unreadable(String where, IOException cause) {
    return new InvalidDataException(
        new Problem(
            "can't read the data",
            where,
            FileReason.of(cause),
            "check that the file is whole and readable"),
        cause);
  }

  /** Values of one sample, after checking that the claim is sane. */
  static int sampleValues(String where, List<Long> dims) {
    long values = 1;
    for (long dim : dims) {
      if (dim <= 0 || dim > MAX_SAMPLE_VALUES || values * dim > MAX_SAMPLE_VALUES) {
        throw damaged(
            "a sample of shape " + dims + " is not plausible",
            where,
            "at most " + MAX_SAMPLE_VALUES + " values per sample are read");
      }
      values *= dim;
    }
    return (int) values;
  }
}
