package dev.lathe.compress.calibrate;

import dev.lathe.compress.SampleBatch;
import dev.lathe.tensor.Sha256;
import dev.lathe.tensor.Tensor;

/**
 * SHA-256 of samples as a network is fed with them, one after the other; padding does not count,
 * nor does the size of the batches.
 */
public final class SampleDigest {

  private final Sha256 digest = new Sha256();

  /** Of no samples. */
  public SampleDigest() {}

  /** Takes in sample {@code row} of a batch. */
  public void add(SampleBatch batch, int row) {
    for (Tensor input : batch.inputs()) {
      boolean batched = input.shape().rank() > 0 && input.shape().dim(0) == batch.rows();
      long bytes = batched ? input.data().byteSize() / batch.rows() : input.data().byteSize();
      digest.add(input.data().asSlice(batched ? row * bytes : 0, bytes));
    }
  }

  /** The digest of everything so far, in hexadecimal. */
  public String text() {
    return digest.text();
  }
}
