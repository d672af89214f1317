package dev.lathe.compact;

import dev.lathe.compact.proto.Levels;
import dev.lathe.compact.proto.Values;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Integers of a narrow range, each as its distance from the lowest in the fewest bits. */
final class LevelsForm implements Form {

  @Override
  public @Nullable Encoded encode(Elements elements, Compactness compactness) {
    long count = elements.count();
    long least = Long.MAX_VALUE;
    long most = Long.MIN_VALUE;
    long leastSigned = Long.MAX_VALUE;
    long mostSigned = Long.MIN_VALUE;
    for (long i = 0; i < count; i++) {
      long unsigned = elements.get(i);
      long signed = elements.signed(i);
      least = Math.min(least, unsigned);
      most = Math.max(most, unsigned);
      leastSigned = Math.min(leastSigned, signed);
      mostSigned = Math.max(mostSigned, signed);
    }
    boolean asSigned = Long.compareUnsigned(mostSigned - leastSigned, most - least) < 0;
    long first = asSigned ? leastSigned : least;
    int width = PackedNumbers.widthOf(asSigned ? mostSigned - leastSigned : most - least);
    if (count == 0 || width >= elements.bits() || width > PackedNumbers.MAX_WIDTH) {
      return null;
    }
    LongUnaryOperator level =
        asSigned ? i -> elements.signed(i) - first : i -> elements.get(i) - first;
    PackedNumbers levels = PackedNumbers.of(level, count, width, compactness);
    Levels.Builder message = Levels.newBuilder().setFirst(first).setLevels(levels.message());
    return new Encoded(Values.newBuilder().setLevels(message).build(), List.of(levels.bytes()));
  }

  @Override
  public Values.FormCase describedBy() {
    return Values.FormCase.LEVELS;
  }

  @Override
  public void decode(Values values, SectionCursor cursor, Elements into) {
    Levels message = values.getLevels();
    LongUnaryOperator levels = PackedNumbers.read(message.getLevels(), into.count(), cursor);
    for (long i = 0; i < into.count(); i++) {
      into.set(i, message.getFirst() + levels.applyAsLong(i));
    }
  }
}
