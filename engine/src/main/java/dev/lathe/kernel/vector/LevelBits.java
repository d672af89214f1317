package dev.lathe.kernel.vector;

/** What a kernel of packed levels is specialised for. */
enum LevelBits {
  TWO(2),
  FOUR(4),
  EIGHT(8);

  private final int bits;

  LevelBits(int bits) {
    this.bits = bits;
  }

  int bits() {
    return bits;
  }
}
