package dev.lathe.compact;

import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;

/** Wording of errors. */
final class CompactErrors {

  private CompactErrors() {}

  static InvalidModelException invalid(String what, String where, String why) {
    return new InvalidModelException(
        new Problem(what, where, why, "the file is damaged: fetch it or make it again"));
  }
}
