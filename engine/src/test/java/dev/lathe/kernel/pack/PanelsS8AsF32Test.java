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
  @CsvSource({
    "OIHW,1,1,1,8", "OIHW,1,4,16,32", "OIHW,1,5,17,16", "OIHW,9,3,33,32", "OIHW,4,64,16,8",
    "OIHW,2,0,5,32", "OIHW,3,1,7,5", "ROWS,1,4,16,32", "ROWS,1,5,17,16", "ROWS,3,2,33,8"
  })
  void everyElementLiesWhereThePanelsOfFloatsHaveItAndTheRestIsZero(
      RhsOrder order, int taps, int k, int n, int nr) {
    PanelsS8AsF32 layout = new PanelsS8AsF32(nr);
    byte[] rhs = new byte[taps * k * n];
    new Random(1).nextBytes(rhs);
    try (Arena arena = Arena.ofConfined()) {
      long bytes = layout.bytes(taps, k, n);
      MemorySegment packed = arena.allocate(bytes + 1, 64).fill((byte) 77);
      RhsView view = order.view(MemorySegment.ofArray(rhs), taps, k, n);
      layout.pack(view, packed);

      float[] expected = new float[(int) (bytes / 4)];
      for (int t = 0; t < taps; t++) {
        for (int kk = 0; kk < k; kk++) {
          for (int j = 0; j < n; j++) {
            int at = (int) new PanelsF32(nr).index(taps * k, t * k + kk, j);
            expected[at] = rhs[(int) view.index(t, kk, j)];
          }
        }
      }
      assertThat(packed.asSlice(0, bytes).toArray(Tensor.F32)).isEqualTo(expected);
      assertThat(packed.get(Tensor.I8, bytes)).isEqualTo((byte) 77);
      assertThat(bytes % 64).isZero();
    }
  }
}
