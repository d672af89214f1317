/**
 * Recipes: steps of compression with their settings, as text and as provenance. A step is one file
 * and one line in {@link dev.lathe.compress.recipe.RecipeSteps}.
 */
@NullMarked
package dev.lathe.compress.recipe;

import org.jspecify.annotations.NullMarked;
