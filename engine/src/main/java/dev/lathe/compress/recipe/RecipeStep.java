package dev.lathe.compress.recipe;

import dev.lathe.compress.Compression;
import java.util.List;

/** A kind of step: a verb, and how its settings are read. */
public interface RecipeStep {

  /** The verb. */
  String name();

  /** Every setting it knows. */
  List<String> keys();

  /** Those of the settings whose values are keys with values. */
  default List<String> mappings() {
    return List.of();
  }

  /**
   * Reads settings; those that make no sense beside the others are left unread.
   *
   * @throws dev.lathe.error.UsageException when a value makes no sense
   */
  Compression parse(Settings settings);
}
