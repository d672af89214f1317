package dev.lathe.kernel.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignPanelsTest {

  @ParameterizedTest
  @CsvSource({"16, 32, 3, 70, 21", "32, 8, 9, 33, 5", "4, 32, 1, 1, 1", "32, 8, 2, 64, 33"})
  void holdsEverySignInItsBit(int nr, int bits, int taps, int k, int n) {
    SignPanels layout = new SignPanels(nr, bits);
    Random random = new Random(taps);
    float[] weights = new float[taps * k * n];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = random.nextBoolean() ? 0.25f : -0.25f;
    }
    RhsView view =
        new RhsView(MemorySegment.ofArray(weights), 0, taps, k, n, 1, taps, (long) taps * k);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment packed = arena.allocate(layout.bytes(taps, k, n), 64);
      packed.fill((byte) -1);
      layout.pack(view, packed);
      assertThat(layout.bytes(view) % 64).isZero();
      long set = 0;
      for (int t = 0; t < taps; t++) {
        for (int kk = 0; kk < k; kk++) {
          for (int nn = 0; nn < n; nn++) {
            long at = layout.index(taps, k, t, kk, nn) + kk % bits / 8;
            boolean negative = (packed.get(Tensor.I8, at) >> kk % 8 & 1) != 0;
            assertThat(negative).isEqualTo(weights[(nn * k + kk) * taps + t] < 0);
            set += negative ? 1 : 0;
          }
        }
      }
      long all = 0;
      for (long i = 0; i < packed.byteSize(); i++) {
        all += Integer.bitCount(Byte.toUnsignedInt(packed.get(Tensor.I8, i)));
      }
      assertThat(all).as("bits past k and n").isEqualTo(set);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 8", "16, 16"})
  void refusesOtherLanes(int nr, int bits) {
    assertThatThrownBy(() -> new SignPanels(nr, bits)).isInstanceOf(IllegalArgumentException.class);
  }
}
