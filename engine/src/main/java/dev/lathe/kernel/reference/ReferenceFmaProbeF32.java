package dev.lathe.kernel.reference;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FmaProbeF32;
import dev.lathe.kernel.KernelName;

/** Plain {@link FmaProbeF32}: chains of one lane. */
final class ReferenceFmaProbeF32 implements FmaProbeF32 {

  @Override
  public KernelName name() {
    return KernelName.of("f32", "fmaprobe", Isa.SCALAR);
  }

  @Override
  public int macsPerRound() {
    return CHAINS;
  }

  @Override
  public float run(int rounds) {
    float[] x = new float[CHAINS];
    for (int c = 0; c < CHAINS; c++) {
      x[c] = c;
    }
    for (int round = 0; round < rounds; round++) {
      for (int c = 0; c < CHAINS; c++) {
        x[c] = Math.fma(0.25f, 0.25f, x[c]);
      }
    }
    float sum = 0;
    for (float last : x) {
      sum += last;
    }
    return sum;
  }
}
