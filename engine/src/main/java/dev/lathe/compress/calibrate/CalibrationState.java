package dev.lathe.compress.calibrate;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.quant.Range;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What calibration has seen: an observer per tensor, which samples they saw, and the ranges from
 * when they had seen about half of them.
 */
final class CalibrationState {

  /**
   * Some samples of one source.
   *
   * @param name of the source, for messages
   * @param samples how many, from its first on
   * @param digest SHA-256 of them as they were fed
   */
  record Part(String name, long samples, String digest) {}

  /** Ranges after some number of samples. */
  private record Snapshot(long samples, Map<String, Range> ranges) {}

  private final CalibrationMethod method;
  private final Map<String, Observer> observers = new LinkedHashMap<>();
  private final List<Part> parts = new ArrayList<>();
  private final List<Snapshot> snapshots = new ArrayList<>();

  CalibrationState(CalibrationMethod method, Set<String> tensors) {
    this.method = method;
    new TreeSet<>(tensors).forEach(name -> observers.put(name, method.observer()));
  }

  CalibrationMethod method() {
    return method;
  }

  @Nullable Observer observer(String tensor) {
    return observers.get(tensor);
  }

  void endBatch() {
    observers.values().forEach(Observer::endBatch);
  }

  Map<String, Range> ranges() {
    Map<String, Range> ranges = new LinkedHashMap<>();
    observers.forEach((name, observer) -> ranges.put(name, observer.range()));
    return ranges;
  }

  List<Part> parts() {
    return List.copyOf(parts);
  }

  long samples() {
    return parts.stream().mapToLong(Part::samples).sum();
  }

  /** Puts a part in the place of the one it continues, or after all others. */
  void put(@Nullable Part continued, Part part) {
    int at = continued == null ? -1 : parts.indexOf(continued);
    if (at < 0) {
      parts.add(part);
    } else {
      parts.set(at, part);
    }
  }

  /** Remembers the ranges after some samples, and forgets all but the newest two. */
  void snapshot(long samples) {
    snapshots.add(new Snapshot(samples, ranges()));
    while (snapshots.size() > 2) {
      snapshots.removeFirst();
    }
  }

  /** How far ranges moved since the newest snapshot of at most two thirds of the samples. */
  SampleVerdict verdict() {
    long all = samples();
    Snapshot earlier = null;
    for (Snapshot snapshot : snapshots) {
      earlier = 3 * snapshot.samples <= 2 * all || earlier == null ? snapshot : earlier;
    }
    return earlier == null || earlier.samples >= all
        ? SampleVerdict.none(all, observers.size())
        : SampleVerdict.between(earlier.samples, earlier.ranges, all, ranges());
  }

  /**
   * Takes in what another state saw, as if it came after this one's samples; nothing when this one
   * saw all of it.
   *
   * @throws UsageException when it observed other tensors or by another method, or saw some of the
   *     same samples
   */
  void merge(CalibrationState later) {
    requireSame("by another method", method.name(), later.method.name());
    requireSame(
        "of other values", observers.keySet().toString(), later.observers.keySet().toString());
    List<Part> known = later.parts.stream().filter(this::saw).toList();
    if (!known.isEmpty() && known.size() < later.parts.size()) {
      throw new UsageException(
          new Problem(
              "both calibration states saw the same samples",
              known.getFirst().samples + " samples of " + known.getFirst().name,
              "they would count twice",
              "merge states of different samples"));
    }
    if (later.parts.isEmpty() || !known.isEmpty()) {
      return;
    }
    if (parts.isEmpty()) {
      snapshots.addAll(later.snapshots);
    } else {
      snapshot(samples());
    }
    observers.forEach((name, observer) -> merge(observer, later.observers.get(name)));
    parts.addAll(later.parts);
  }

  private boolean saw(Part part) {
    return parts.stream().anyMatch(own -> own.digest.equals(part.digest));
  }

  private static void merge(Observer observer, @Nullable Observer later) {
    if (later != null) {
      observer.merge(later);
    }
  }

  private static void requireSame(String what, String own, String other) {
    if (!own.equals(other)) {
      throw new UsageException(
          new Problem(
              "the calibration state is " + what,
              other,
              "this calibration is of " + own,
              "name another state file, or calibrate with the same settings"));
    }
  }

  void write(DataOutput out) throws IOException {
    out.writeUTF(method.name());
    out.writeInt(observers.size());
    for (Map.Entry<String, Observer> entry : observers.entrySet()) {
      out.writeUTF(entry.getKey());
      entry.getValue().write(out);
    }
    out.writeInt(parts.size());
    for (Part part : parts) {
      out.writeUTF(part.name);
      out.writeLong(part.samples);
      out.writeUTF(part.digest);
    }
    out.writeInt(snapshots.size());
    for (Snapshot snapshot : snapshots) {
      out.writeLong(snapshot.samples);
      for (String name : observers.keySet()) {
        Range range = snapshot.ranges.getOrDefault(name, new Range(0, 0));
        out.writeFloat(range.min());
        out.writeFloat(range.max());
      }
    }
  }

  /**
   * Reads a written state.
   *
   * @throws IOException when it is damaged
   * @throws UsageException when it is of a method nobody knows
   */
  static CalibrationState read(DataInput in) throws IOException {
    CalibrationMethod method = CalibrationMethods.parse(in.readUTF());
    CalibrationState state = new CalibrationState(method, Set.of());
    for (int left = count(in); left > 0; left--) {
      Observer observer = method.observer();
      state.observers.put(in.readUTF(), observer);
      observer.read(in);
    }
    for (int left = count(in); left > 0; left--) {
      state.parts.add(new Part(in.readUTF(), in.readLong(), in.readUTF()));
    }
    for (int left = count(in); left > 0; left--) {
      long samples = in.readLong();
      Map<String, Range> ranges = new LinkedHashMap<>();
      for (String name : state.observers.keySet()) {
        ranges.put(name, new Range(in.readFloat(), in.readFloat()));
      }
      state.snapshots.add(new Snapshot(samples, ranges));
    }
    return state;
  }

  private static int count(DataInput in) throws IOException {
    int count = in.readInt();
    if (count < 0) {
      throw new IOException("a negative count");
    }
    return count;
  }
}
