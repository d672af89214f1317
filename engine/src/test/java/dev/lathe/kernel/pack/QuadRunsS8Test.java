package dev.lathe.kernel.pack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuadRunsS8Test {

  private static final int[] LENGTHS = {8, 4, 2, 1, 1};
  private static final int UNFIT = 4;
  private static final int GROUP = 16;

  private final QuadRunsS8 layout = new QuadRunsS8();

  /**
   * A run of quads of a tap of 16 columns, or all of them: which, of which kind, and their bytes.
   */
  private record Run(int kind, List<Integer> places, List<byte[]> quads) {}

  @ParameterizedTest
  @CsvSource({
    "OIHW,1,64,16,7",
    "OIHW,9,64,33,7",
    "OIHW,3,131,17,20",
    "OIHW,1,200,5,63",
    "ROWS,1,131,40,30",
    "ROWS,1,64,16,127",
    "OIHW,2,3,16,127",
    "OIHW,2,0,5,1"
  })
  void holdsEveryWeightOnce(RhsOrder order, int taps, int k, int n, int largest) {
    byte[] weights = weights(taps * k * n, largest);
    RhsView view = order.view(MemorySegment.ofArray(weights), taps, k, n);
    MemorySegment packed = packed(view);

    for (int group = 0; group < Math.ceilDiv(n, GROUP); group++) {
      for (int tap = 0; tap < taps; tap++) {
        byte[][] unpacked = new byte[Math.ceilDiv(k, 4)][64];
        for (Run run : runs(packed, taps, k, group, tap)) {
          for (int i = 0; i < run.quads.size(); i++) {
            unpacked[run.places.get(i)] = run.quads.get(i);
          }
        }
        byte[][] expected = new byte[unpacked.length][64];
        for (int kk = 0; kk < k; kk++) {
          for (int j = 0; j < Math.min(GROUP, n - group * GROUP); j++) {
            expected[kk / 4][4 * j + kk % 4] =
                weights[(int) view.index(tap, kk, group * GROUP + j)];
          }
        }
        assertThat(unpacked).isDeepEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 15, 16, 31, 33, 63, 64, 66})
  void whatARunAddsUpToFitsAnInt16ForEveryInput(int largest) {
    RhsView view = RhsView.rowMajor(MemorySegment.ofArray(weights(512 * 32, largest)), 512, 32);
    MemorySegment packed = packed(view);

    for (int group = 0; group < 2; group++) {
      for (Run run : runs(packed, 1, 512, group, 0)) {
        assertThat(run.kind).isLessThanOrEqualTo(UNFIT);
        int[] highest = new int[32];
        int[] lowest = new int[32];
        boolean pairsFit = true;
        for (byte[] quad : run.quads) {
          for (int i = 0; i < 64; i += 2) {
            int high = 255 * (Math.max(0, quad[i]) + Math.max(0, quad[i + 1]));
            int low = 255 * (Math.min(0, quad[i]) + Math.min(0, quad[i + 1]));
            pairsFit &= high <= Short.MAX_VALUE && low >= Short.MIN_VALUE;
            highest[i / 2] += high;
            lowest[i / 2] += low;
          }
        }
        if (run.kind == UNFIT) {
          assertThat(pairsFit).isFalse();
        } else {
          assertThat(Arrays.stream(highest).max().orElseThrow()).isLessThanOrEqualTo(32767);
          assertThat(Arrays.stream(lowest).min().orElseThrow()).isGreaterThanOrEqualTo(-32768);
        }
      }
    }
  }

  /** 8 * 16 = 128, the most that 255 times fits an int16; and so on. */
  @ParameterizedTest
  @CsvSource({"8,0", "9,1", "16,1", "17,2", "32,2", "33,3", "64,3"})
  void runsAreAsLongAsTheyCanBe(int weight, int kind) {
    byte[] weights = new byte[256 * 16];
    Arrays.fill(weights, (byte) weight);
    List<Run> runs =
        runs(packed(RhsView.rowMajor(MemorySegment.ofArray(weights), 256, 16)), 1, 256, 0, 0);

    assertThat(runs).hasSize(64 / LENGTHS[kind]);
    assertThat(runs).allSatisfy(run -> assertThat(run.kind).isEqualTo(kind));
  }

  @Test
  void runsMayHaveQuadsApart() {
    byte[] weights = new byte[256 * 16];
    for (int k = 0; k < 256; k++) {
      Arrays.fill(weights, k * 16, k * 16 + 16, (byte) (k / 4 % 2 == 0 ? 64 : 8));
    }
    List<Run> runs =
        runs(packed(RhsView.rowMajor(MemorySegment.ofArray(weights), 256, 16)), 1, 256, 0, 0);

    assertThat(runs).extracting(Run::kind).containsOnly(0, 3).contains(0);
  }

  @Test
  void weightsThatDoNotFitStayInOrder() {
    byte[] weights = new byte[256 * 16];
    Arrays.fill(weights, (byte) 65);
    MemorySegment packed = packed(RhsView.rowMajor(MemorySegment.ofArray(weights), 256, 16));

    assertThat(Short.toUnsignedInt(packed.get(Tensor.I16, 0))).isEqualTo(65535);
  }

  @Test
  void quadsOfZerosHaveNoEntry() {
    byte[] weights = new byte[256 * 16];
    Arrays.fill(weights, 100 * 16, 104 * 16, (byte) 3);
    List<Run> runs =
        runs(packed(RhsView.rowMajor(MemorySegment.ofArray(weights), 256, 16)), 1, 256, 0, 0);

    assertThat(runs).hasSize(1);
  }

  @Test
  void inTheRunQuadsStayInOrder() {
    byte[] weights = weights(67 * 21, 7);
    RhsView view = RhsView.rowMajor(MemorySegment.ofArray(weights), 67, 21);
    MemorySegment packed = empty(view);
    layout.packInRun(view, packed);
    MemorySegment quads = MemorySegment.ofArray(new int[(int) new QuadsS8().bytes(1, 67, 21) / 4]);
    new QuadsS8().pack(view, quads);

    int tapBytes = (int) layout.bytes(1, 67, GROUP);
    for (int group = 0; group < 2; group++) {
      MemorySegment tap = packed.asSlice((long) group * tapBytes, tapBytes);
      assertThat(Short.toUnsignedInt(tap.get(Tensor.I16, 0))).isEqualTo(65535);
      assertThat(tap.asSlice(64).mismatch(quads.asSlice(group * 17L * 64, 17 * 64))).isEqualTo(-1);
    }
  }

  private static byte[] weights(int count, int largest) {
    Random random = new Random(largest);
    byte[] weights = new byte[count];
    for (int i = 0; i < count; i++) {
      weights[i] = (byte) random.nextInt(-largest, largest + 1);
    }
    return weights;
  }

  private static MemorySegment empty(RhsView view) {
    int bytes = (int) new QuadRunsS8().bytes(view);
    return MemorySegment.ofArray(new int[bytes / 4]).fill((byte) 77);
  }

  private MemorySegment packed(RhsView view) {
    MemorySegment packed = empty(view);
    layout.pack(view, packed);
    return packed;
  }

  /** Reads a tap of a group as the layout says. */
  private List<Run> runs(MemorySegment packed, int taps, int k, int group, int tap) {
    long tapBytes = layout.bytes(1, k, GROUP);
    MemorySegment at = packed.asSlice((group * taps + tap) * tapBytes, tapBytes);
    int quads = Math.ceilDiv(k, 4);
    long from = tapBytes - 64L * quads;
    List<Run> runs = new ArrayList<>();
    if (at.get(Tensor.I16, 0) == -1) {
      List<Integer> all = IntStream.range(0, quads).boxed().toList();
      runs.add(new Run(UNFIT + 1, all, quads(at, from, quads)));
      return runs;
    }
    int next = LENGTHS.length;
    for (int kind = 0; kind < LENGTHS.length; kind++) {
      for (int i = at.get(Tensor.I16, 2L * kind); i > 0; i--) {
        List<Integer> places = new ArrayList<>();
        for (int quad = 0; quad < LENGTHS[kind]; quad++) {
          places.add(Short.toUnsignedInt(at.get(Tensor.I16, 2L * next++)));
        }
        runs.add(new Run(kind, places, quads(at, from, LENGTHS[kind])));
        from += 64L * LENGTHS[kind];
      }
    }
    if (k % 4 != 0) {
      runs.add(new Run(UNFIT + 1, List.of(quads - 1), quads(at, from, 1)));
    }
    return runs;
  }

  private static List<byte[]> quads(MemorySegment tap, long from, int count) {
    List<byte[]> quads = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      quads.add(tap.asSlice(from + 64L * i, 64).toArray(Tensor.I8));
    }
    return quads;
  }
}
