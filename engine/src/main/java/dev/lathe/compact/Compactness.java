package dev.lathe.compact;

/** What a compact file is written for. */
public enum Compactness {
  /** Opens quickly: no entropy coding; what can't be packed into fewer bits stays mappable. */
  FAST,
  /** The fewest bytes. */
  SMALL
}
