package dev.lathe.kernel.reference;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.ReadProbe;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Plain {@link ReadProbe}: word by word. */
final class ReferenceReadProbe implements ReadProbe {

  @Override
  public KernelName name() {
    return KernelName.of("s32", "readprobe", Isa.SCALAR);
  }

  @Override
  public int run(MemorySegment memory, long bytes, int rounds) {
    int all = 0;
    for (int round = 0; round < rounds; round++) {
      for (long at = 0; at < bytes; at += 4) {
        all ^= memory.get(Tensor.I32, at);
      }
    }
    return all;
  }
}
