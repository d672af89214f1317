package dev.lathe.kernel.pack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PanelsS8AsF32Test {

  @ParameterizedTest
  @CsvSource({"1,1,1,8", "1,4,16,32", "1,5,17,16", "9,3,33,32", "4,64,16,8", "2,0,5,32", "3,1,7,5"})
  void everyElementLiesWhereThePanelsOfFloatsHaveItAndTheRestIsZero(
      int taps, int k, int n, int nr) {
    PanelsS8AsF32 layout = new PanelsS8AsF32(nr);
    byte[] rhs = new byte[taps * k * n];
    new Random(1).nextBytes(rhs);
    try (Arena arena = Arena.ofConfined()) {
      long bytes = layout.bytes(taps, k, n);
      MemorySegment packed = arena.allocate(bytes + 1, 64).fill((byte) 77);
      // OIHW: the columns are outermost, the taps innermost.
      layout.pack(
          new RhsView(MemorySegment.ofArray(rhs), 0, taps, k, n, 1, taps, (long) taps * k), packed);

      float[] expected = new float[(int) (bytes / 4)];
      for (int t = 0; t < taps; t++) {
        for (int kk = 0; kk < k; kk++) {
          for (int j = 0; j < n; j++) {
            int at = (int) new PanelsF32(nr).index(taps * k, t * k + kk, j);
            expected[at] = rhs[(j * k + kk) * taps + t];
          }
        }
      }
      assertThat(packed.asSlice(0, bytes).toArray(Tensor.F32)).isEqualTo(expected);
      assertThat(packed.get(Tensor.I8, bytes)).isEqualTo((byte) 77);
      assertThat(bytes % 64).isZero();
    }
  }
}
