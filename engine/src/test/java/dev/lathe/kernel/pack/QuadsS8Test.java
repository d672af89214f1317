package dev.lathe.kernel.pack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuadsS8Test {

  private final QuadsS8 layout = new QuadsS8();

  @ParameterizedTest
  @CsvSource({
    "OIHW,1,1,1",
    "OIHW,1,4,16",
    "OIHW,1,5,17",
    "OIHW,9,3,33",
    "OIHW,4,64,16",
    "OIHW,2,0,5",
    "ROWS,1,1,1",
    "ROWS,1,4,16",
    "ROWS,1,7,33",
    "ROWS,3,5,17",
    "ROWS,2,0,5"
  })
  void everyElementLiesWhereIndexSaysAndTheRestIsZero(RhsOrder order, int taps, int k, int n) {
    byte[] rhs = new byte[taps * k * n];
    new Random(1).nextBytes(rhs);
    try (Arena arena = Arena.ofConfined()) {
      long bytes = layout.bytes(taps, k, n);
      MemorySegment packed = arena.allocate(bytes + 1, 64).fill((byte) 77);
      RhsView view = order.view(MemorySegment.ofArray(rhs), taps, k, n);
      layout.pack(view, packed);

      byte[] expected = new byte[(int) bytes];
      for (int t = 0; t < taps; t++) {
        for (int kk = 0; kk < k; kk++) {
          for (int j = 0; j < n; j++) {
            expected[(int) QuadsS8.index(taps, k, t, kk, j)] = rhs[(int) view.index(t, kk, j)];
          }
        }
      }
      assertThat(packed.asSlice(0, bytes).toArray(Tensor.I8)).isEqualTo(expected);
      assertThat(packed.get(Tensor.I8, bytes)).isEqualTo((byte) 77);
      assertThat(bytes % 64).isZero();
    }
  }
}
