package dev.lathe.compress.calibrate;

import java.util.function.Supplier;

/**
 * A way to choose the range of an activation.
 *
 * @param name as {@code --calibrate} spells it
 * @param bytesPerTensor memory an observer needs
 * @param observer makes one observer
 */
public record CalibrationMethod(String name, long bytesPerTensor, Supplier<Observer> observer) {}
