package dev.lathe.compress.recipe;

import dev.lathe.compress.Compression;
import java.util.List;

/** A kind of step: a verb, and how its settings are read. */
public interface RecipeStep {

  /** The verb. */
  String name();

  /** Every setting it knows. */
  List<String> keys();

  /**
   * Reads settings; those that make no sense beside the others are left unread.
   *
   * @throws dev.lathe.error.UsageException when a value makes no sense
   */
  Compression parse(Settings settings);
}
