package dev.lathe.onnx;

/** What to do about a file that is already there. */
public enum Overwrite {
  FAIL,
  REPLACE
}
