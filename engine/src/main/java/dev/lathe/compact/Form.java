package dev.lathe.compact;

import dev.lathe.compact.proto.Values;
import org.jspecify.annotations.Nullable;

/** A way to store elements that gives them back bit for bit. */
interface Form {

  /** The elements in this form; null when it does not suit them. */
  @Nullable Encoded encode(Elements elements, Compactness compactness);

  /** The part of the header that describes this form. */
  Values.FormCase describedBy();

  /**
   * Reads elements.
   *
   * @param into zeroed
   * @throws dev.lathe.error.InvalidModelException when the description makes no sense
   */
  void decode(Values values, SectionCursor cursor, Elements into);
}
