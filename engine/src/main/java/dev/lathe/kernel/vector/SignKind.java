package dev.lathe.kernel.vector;

/** What tiles of signs are specialised for: activations without zeros, or with. */
enum SignKind {
  BINARY,
  TERNARY
}
