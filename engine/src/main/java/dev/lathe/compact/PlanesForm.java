package dev.lathe.compact;

import dev.lathe.compact.proto.Planes;
import dev.lathe.compact.proto.Stream;
import dev.lathe.compact.proto.Values;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lowest byte of every element, then the next: exponents of floats repeat where whole floats do
 * not.
 */
final class PlanesForm implements Form {

  @Override
  public @Nullable Encoded encode(Elements elements, Compactness compactness) {
    int bytes = elements.bits() / 8;
    if (bytes < 2 || compactness == Compactness.FAST) {
      return null;
    }
    Planes.Builder planes = Planes.newBuilder();
    List<byte[]> parts = new ArrayList<>();
    for (int plane = 0; plane < bytes; plane++) {
      byte[] column = new byte[Math.toIntExact(elements.count())];
      for (int i = 0; i < column.length; i++) {
        column[i] = elements.data()[i * bytes + plane];
      }
      Stored stored = Stored.of(column, compactness);
      planes.addPlanes(stored.message());
      parts.add(stored.bytes());
    }
    return new Encoded(Values.newBuilder().setPlanes(planes).build(), parts);
  }

  @Override
  public Values.FormCase describedBy() {
    return Values.FormCase.PLANES;
  }

  @Override
  public void decode(Values values, SectionCursor cursor, Elements into) {
    List<Stream> planes = values.getPlanes().getPlanesList();
    int bytes = into.bits() / 8;
    if (planes.size() != bytes) {
      throw cursor.invalid(planes.size() + " planes of elements of " + into.bits() + " bits");
    }
    for (int plane = 0; plane < bytes; plane++) {
      byte[] column = cursor.next(planes.get(plane), into.count());
      for (int i = 0; i < column.length; i++) {
        into.data()[i * bytes + plane] = column[i];
      }
    }
  }
}
