package dev.lathe.plan;

import dev.lathe.graph.TensorFact;

/**
 * Where a value lives during a run. Resolved against a frame: {@code frame.segment(slot)} is
 * native, 64-byte aligned unless the caller supplied it, and {@code frame.at(slot)} the byte offset
 * of the value in it.
 *
 * @param index position in the frame's tables
 * @param value the value's name in the lowered graph; scratch slots are named after their node
 */
public record Slot(int index, String value, TensorFact fact) {}
