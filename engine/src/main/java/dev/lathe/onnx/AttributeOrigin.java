package dev.lathe.onnx;

import dev.lathe.graph.Attribute;

/**
 * An attribute as the file wrote it.
 *
 * @param value as passes see it
 * @param whole the field, tag included
 * @param external whether tensors inside have their contents in another file
 */
record AttributeOrigin(Attribute value, Wire.Field whole, boolean external) {}
