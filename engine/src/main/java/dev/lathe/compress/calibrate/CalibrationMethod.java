package dev.lathe.compress.calibrate;

import dev.lathe.quant.Levels;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * A way to choose the range of an activation.
 *
 * @param name as {@code --calibrate} spells it
 * @param bytesPerTensor memory an observer needs
 * @param bits that a value will have: ranges are chosen for 2^bits levels; what is observed does
 *     not depend on it
 * @param byBits makes one observer
 */
public record CalibrationMethod(
    String name, long bytesPerTensor, int bits, IntFunction<Observer> byBits) {

  /** A method for 8 bits, whose observers look at the number of levels. */
  CalibrationMethod(String name, long bytesPerTensor, IntFunction<Observer> byBits) {
    this(name, bytesPerTensor, Levels.MAX_BITS, byBits);
  }

  /** A method that does not mind how many levels there are. */
  CalibrationMethod(String name, long bytesPerTensor, Supplier<Observer> observer) {
    this(name, bytesPerTensor, bits -> observer.get());
  }

  /** The method for values of 1 to 16 bits. */
  public CalibrationMethod withBits(int bits) {
    return new CalibrationMethod(name, bytesPerTensor, bits, byBits);
  }

  /** A new observer. */
  public Observer observer() {
    return byBits.apply(bits);
  }
}
