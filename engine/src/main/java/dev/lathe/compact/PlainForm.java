package dev.lathe.compact;

import dev.lathe.compact.proto.Plain;
import dev.lathe.compact.proto.Stream;
import dev.lathe.compact.proto.Values;
import java.util.List;

/** Elements one after another. What is not deflated is used where it lies in the file. */
final class PlainForm implements Form {

  /** The description of bytes stored as they are. */
  static Values mappable(long bytes) {
    Stream stream = Stream.newBuilder().setStored(bytes).build();
    return Values.newBuilder().setPlain(Plain.newBuilder().setElements(stream)).build();
  }

  static Encoded asIs(Elements elements) {
    return encoded(Stored.plain(elements.data()));
  }

  @Override
  public Encoded encode(Elements elements, Compactness compactness) {
    return encoded(Stored.of(elements.data(), compactness));
  }

  private static Encoded encoded(Stored stored) {
    Plain plain = Plain.newBuilder().setElements(stored.message()).build();
    return new Encoded(Values.newBuilder().setPlain(plain).build(), List.of(stored.bytes()));
  }

  @Override
  public Values.FormCase describedBy() {
    return Values.FormCase.PLAIN;
  }

  /** Whether the elements can be used where they lie. */
  static boolean isMappable(Values values) {
    return values.hasPlain() && !values.getPlain().getElements().getDeflated();
  }

  @Override
  public void decode(Values values, SectionCursor cursor, Elements into) {
    byte[] data = into.data();
    byte[] read = cursor.next(values.getPlain().getElements(), data.length);
    System.arraycopy(read, 0, data, 0, data.length);
  }
}
