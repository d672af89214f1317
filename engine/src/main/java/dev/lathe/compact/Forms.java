package dev.lathe.compact;

import dev.lathe.compact.proto.Values;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Every form; of equal sizes the first is taken. */
final class Forms {

  /** The forms of elements in a row. */
  private static final List<Form> DENSE =
      List.of(new PlainForm(), new LevelsForm(), new CodebookForm(), new PlanesForm());

  private static final Form SPARSE = new SparseForm();

  private Forms() {}

  static Encoded smallest(Elements elements, Compactness compactness) {
    Encoded best = smallestDense(elements, compactness);
    return smaller(best, SPARSE.encode(elements, compactness));
  }

  static Encoded smallestDense(Elements elements, Compactness compactness) {
    Encoded best = PlainForm.asIs(elements);
    for (Form form : DENSE) {
      best = smaller(best, form.encode(elements, compactness));
    }
    return best;
  }

  private static Encoded smaller(Encoded best, @Nullable Encoded other) {
    return other != null && other.size() < best.size() ? other : best;
  }

  static void decode(Values values, SectionCursor cursor, Elements into) {
    if (SPARSE.describedBy() == values.getFormCase()) {
      SPARSE.decode(values, cursor, into);
    } else {
      decodeDense(values, cursor, into);
    }
  }

  static void decodeDense(Values values, SectionCursor cursor, Elements into) {
    for (Form form : DENSE) {
      if (form.describedBy() == values.getFormCase()) {
        form.decode(values, cursor, into);
        return;
      }
    }
    throw cursor.invalid("no known form of elements: " + values.getFormCase());
  }
}
