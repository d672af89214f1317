package dev.lathe.compact;

import dev.lathe.compact.proto.Section;
import dev.lathe.onnx.TensorSource;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The sections of a file: each is unpacked once, when the first tensor asks for it. */
final class SectionTable implements TensorSource {

  private final MemorySegment file;
  private final List<Section> sections;
  private final Map<Long, MemorySegment> unpacked = new HashMap<>();

  /**
   * @param sections of which {@link #check} holds
   */
  SectionTable(MemorySegment file, List<Section> sections) {
    this.file = file;
    this.sections = sections;
  }

  /**
   * Checks that sections lie in order, aligned, apart from each other and inside the file.
   *
   * @param begin where the first may start
   * @param most bytes they may take unpacked
   */
  static void check(List<Section> sections, long begin, long fileBytes, long most) {
    long at = begin;
    long left = most;
    for (int i = 0; i < sections.size(); i++) {
      Section section = sections.get(i);
      String place = "section " + i;
      long offset = section.getOffset();
      long bytes = Elements.bytes(section.getBits(), section.getCount());
      if (bytes < 0) {
        throw CompactErrors.invalid(
            Long.toUnsignedString(section.getCount())
                + " elements of "
                + section.getBits()
                + " bits",
            place,
            "elements have 4, 8, 16, 32 or 64 bits");
      }
      long end = i + 1 < sections.size() ? sections.get(i + 1).getOffset() : fileBytes;
      if (offset < at || offset % CompactFile.ALIGNMENT != 0 || end < offset || end > fileBytes) {
        throw CompactErrors.invalid(
            "the section at byte " + Long.toUnsignedString(offset),
            place,
            "sections lie in order from byte "
                + begin
                + " on, at multiples of "
                + CompactFile.ALIGNMENT
                + ", in "
                + fileBytes
                + " bytes");
      }
      at = offset;
      left -= PlainForm.isMappable(section.getValues()) ? 0 : bytes;
      if (left < 0) {
        throw CompactErrors.invalid(
            "the section takes " + bytes + " bytes unpacked",
            place,
            "all together may take " + most + " for the size of the file");
      }
    }
  }

  @Override
  public MemorySegment get(long key, long bytes, String place) {
    if (key < 0 || key >= sections.size()) {
      throw CompactErrors.invalid(
          "there is no section " + key, place, "the file has " + sections.size());
    }
    Section section = sections.get((int) key);
    long held = Elements.bytes(section.getBits(), section.getCount());
    if (held != bytes) {
      throw CompactErrors.invalid(
          "section " + key + " holds " + held + " bytes", place, "the tensor has " + bytes);
    }
    return unpacked.computeIfAbsent(key, absent -> unpack(section, (int) key, bytes));
  }

  private MemorySegment unpack(Section section, int key, long bytes) {
    long end = key + 1 < sections.size() ? sections.get(key + 1).getOffset() : file.byteSize();
    SectionCursor cursor =
        new SectionCursor(
            file, section.getOffset(), end, "section " + key + " at byte " + section.getOffset());
    if (PlainForm.isMappable(section.getValues())) {
      return cursor.mapped(section.getValues().getPlain().getElements(), bytes);
    }
    if (bytes > SectionCursor.MOST_BYTES) {
      throw cursor.invalid("packed elements of " + bytes + " bytes");
    }
    byte[] data = new byte[(int) bytes];
    Forms.decode(
        section.getValues(), cursor, Elements.over(data, section.getBits(), section.getCount()));
    return MemorySegment.ofArray(data).asReadOnly();
  }
}
