package dev.lathe.compress.surgery;

/** One dimension of a value, such as the channels of an activation or the filters of a weight. */
public record Axis(String value, int dimension) {}
