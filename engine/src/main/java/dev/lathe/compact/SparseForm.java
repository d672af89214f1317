package dev.lathe.compact;

import dev.lathe.compact.proto.Sparse;
import dev.lathe.compact.proto.Values;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One value that most elements have, mostly zero: where the others are, as a bitmap or as the gaps
 * between them, and the others in a form of their own.
 */
final class SparseForm implements Form {

  /** In a byte of the gaps: go on counting. */
  private static final int LONG_GAP = 255;

  @Override
  public @Nullable Encoded encode(Elements elements, Compactness compactness) {
    long count = elements.count();
    long common = common(elements);
    long others = 0;
    for (long i = 0; i < count; i++) {
      others += elements.get(i) == common ? 0 : 1;
    }
    if ((count - others) * elements.bits() <= count) {
      return null; // a bitmap alone takes more than is saved
    }
    byte[] rest = new byte[Math.toIntExact(Elements.bytes(elements.bits(), others))];
    Elements other = Elements.over(rest, elements.bits(), others);
    long at = 0;
    for (long i = 0; i < count; i++) {
      long value = elements.get(i);
      if (value != common) {
        other.set(at++, value);
      }
    }
    Sparse.Builder message = Sparse.newBuilder().setCommon(common).setOtherCount(others);
    List<byte[]> parts = new ArrayList<>();
    parts.add(positions(elements, common, compactness, message));
    Encoded encoded = Forms.smallestDense(other, compactness);
    message.setOthers(encoded.values());
    parts.addAll(encoded.parts());
    return new Encoded(Values.newBuilder().setSparse(message).build(), parts);
  }

  /** The most frequent value; of wide elements, zero. */
  private static long common(Elements elements) {
    if (elements.bits() > 16) {
      return 0;
    }
    long[] counts = new long[1 << elements.bits()];
    for (long i = 0; i < elements.count(); i++) {
      counts[(int) elements.get(i)]++;
    }
    int most = 0;
    for (int value = 1; value < counts.length; value++) {
      most = counts[value] > counts[most] ? value : most;
    }
    return most;
  }

  private static byte[] positions(
      Elements elements, long common, Compactness compactness, Sparse.Builder message) {
    byte[] bits = PackedNumbers.pack(i -> elements.get(i) == common ? 0 : 1, elements.count(), 1);
    Stored bitmap = Stored.of(bits, compactness);
    byte[] bytes = gaps(elements, common);
    Stored gaps = Stored.of(bytes, compactness);
    if (gaps.bytes().length < bitmap.bytes().length) {
      message.setGaps(gaps.message()).setGapBytes(bytes.length);
      return gaps.bytes();
    }
    message.setBitmap(bitmap.message());
    return bitmap.bytes();
  }

  private static byte[] gaps(Elements elements, long common) {
    ByteArrayOutputStream gaps = new ByteArrayOutputStream();
    int gap = 0;
    for (long i = 0; i < elements.count(); i++) {
      if (elements.get(i) != common) {
        gaps.write(gap);
        gap = 0;
      } else if (++gap == LONG_GAP) {
        gaps.write(LONG_GAP);
        gap = 0;
      }
    }
    return gaps.toByteArray();
  }

  @Override
  public Values.FormCase describedBy() {
    return Values.FormCase.SPARSE;
  }

  @Override
  public void decode(Values values, SectionCursor cursor, Elements into) {
    Sparse message = values.getSparse();
    long count = into.count();
    long others = message.getOtherCount();
    if (others < 0 || others > count) {
      throw cursor.invalid(others + " exceptions among " + count + " elements");
    }
    if (message.getCommon() != 0) {
      for (long i = 0; i < count; i++) {
        into.set(i, message.getCommon());
      }
    }
    LongUnaryOperator next = positions(message, count, cursor);
    byte[] rest = new byte[(int) Elements.bytes(into.bits(), others)];
    Elements other = Elements.over(rest, into.bits(), others);
    Forms.decodeDense(message.getOthers(), cursor, other);
    long position = -1;
    for (long i = 0; i < others; i++) {
      position = next.applyAsLong(position);
      if (position >= count) {
        throw cursor.invalid("fewer than " + others + " exceptions are placed");
      }
      into.set(position, other.get(i));
    }
  }

  /** The position of the exception after another; {@code count} or more when there is none. */
  private static LongUnaryOperator positions(Sparse message, long count, SectionCursor cursor) {
    return switch (message.getPositionsCase()) {
      case BITMAP -> {
        byte[] bytes = cursor.next(message.getBitmap(), Math.ceilDiv(count, 8));
        LongUnaryOperator bits = PackedNumbers.unpack(bytes, 1);
        yield after -> {
          long i = after + 1;
          while (i < count && bits.applyAsLong(i) == 0) {
            i++;
          }
          return i;
        };
      }
      case GAPS -> {
        long size = message.getGapBytes();
        if (size < 0 || size > count) {
          throw cursor.invalid(size + " gaps among " + count + " elements");
        }
        byte[] gaps = cursor.next(message.getGaps(), size);
        int[] at = {0};
        yield after -> {
          long i = after + 1;
          while (at[0] < size) {
            int gap = gaps[at[0]++] & 255;
            i += gap;
            if (gap < LONG_GAP) {
              return i;
            }
          }
          return count;
        };
      }
      case POSITIONS_NOT_SET -> throw cursor.invalid("exceptions without positions");
    };
  }
}
