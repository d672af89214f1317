package dev.lathe.compact;

import dev.lathe.compact.proto.Codebook;
import dev.lathe.compact.proto.Values;
import java.util.List;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * At most {@value Distinct#MOST} distinct values, in the tensor or in each index of an axis: the
 * values, and for each element which one it is.
 */
final class CodebookForm implements Form {

  @Override
  public @Nullable Encoded encode(Elements elements, Compactness compactness) {
    Encoded best = null;
    for (Elements.Grouping grouping : elements.groupings()) {
      Encoded encoded = encode(elements, grouping, compactness);
      if (encoded != null && (best == null || encoded.size() < best.size())) {
        best = encoded;
      }
    }
    return best;
  }

  private static @Nullable Encoded encode(
      Elements elements, Elements.Grouping grouping, Compactness compactness) {
    long count = elements.count();
    int books = (int) Math.min(count, grouping.groups());
    if (books == 0 || books != grouping.groups()) {
      return null;
    }
    long[][] entries = new long[books][];
    byte[] indices = new byte[Math.toIntExact(count)];
    Distinct distinct = new Distinct();
    int most = 0;
    for (int book = 0; book < books; book++) {
      distinct.clear();
      if (!allOf(elements, grouping, book, i -> distinct.add(elements.get(i)))) {
        return null;
      }
      entries[book] = distinct.sorted();
      most = Math.max(most, entries[book].length);
      if ((long) most * books > count) {
        return null;
      }
      allOf(
          elements,
          grouping,
          book,
          i -> {
            indices[(int) i] = (byte) distinct.rank(elements.get(i));
            return true;
          });
    }
    int width = PackedNumbers.widthOf(most - 1L);
    if (width >= elements.bits()) {
      return null;
    }
    Stored book = Stored.of(bookBytes(entries, most, elements.bits()), compactness);
    PackedNumbers packed = PackedNumbers.of(i -> indices[(int) i] & 255, count, width, compactness);
    Codebook.Builder message =
        Codebook.newBuilder()
            .setBooks(books)
            .setRun(grouping.run())
            .setEntries(most)
            .setEntry(book.message())
            .setIndices(packed.message());
    return new Encoded(
        Values.newBuilder().setCodebook(message).build(), List.of(book.bytes(), packed.bytes()));
  }

  /** Whether a test holds for every element of a group; stops at the first that fails. */
  private static boolean allOf(
      Elements elements, Elements.Grouping grouping, int group, LongPredicate test) {
    long run = grouping.run();
    for (long first = group * run; first < elements.count(); first += grouping.groups() * run) {
      for (long i = first; i < first + run; i++) {
        if (!test.test(i)) {
          return false;
        }
      }
    }
    return true;
  }

  /** The books one after another, each filled up with its last entry. */
  private static byte[] bookBytes(long[][] books, int entries, int bits) {
    long count = (long) books.length * entries;
    byte[] bytes = new byte[Math.toIntExact(Elements.bytes(bits, count))];
    Elements all = Elements.over(bytes, bits, count);
    for (int book = 0; book < books.length; book++) {
      for (int entry = 0; entry < entries; entry++) {
        long[] known = books[book];
        all.set((long) book * entries + entry, known[Math.min(entry, known.length - 1)]);
      }
    }
    return bytes;
  }

  @Override
  public Values.FormCase describedBy() {
    return Values.FormCase.CODEBOOK;
  }

  @Override
  public void decode(Values values, SectionCursor cursor, Elements into) {
    Codebook message = values.getCodebook();
    long count = into.count();
    long books = message.getBooks();
    long run = message.getRun();
    int entries = message.getEntries();
    boolean sensible =
        entries >= 1 && entries <= Distinct.MOST && books >= 1 && books <= count / entries;
    if (!sensible || run < 1 || run > count) {
      throw cursor.invalid(
          books + " codebooks of " + entries + " entries, runs of " + run + ", for " + count);
    }
    long size = Elements.bytes(into.bits(), books * entries);
    byte[] entry = cursor.next(message.getEntry(), size);
    Elements book = Elements.over(entry, into.bits(), books * entries);
    LongUnaryOperator indices = PackedNumbers.read(message.getIndices(), count, cursor);
    for (long i = 0; i < count; i++) {
      long index = indices.applyAsLong(i);
      if (index >= entries) {
        throw cursor.invalid("index " + index + " into a codebook of " + entries);
      }
      into.set(i, book.get(i / run % books * entries + index));
    }
  }
}
