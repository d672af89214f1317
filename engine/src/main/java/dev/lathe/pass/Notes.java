package dev.lathe.pass;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects what passes have to say; equal notes once. Thread-safe. */
public final class Notes {

  private final Set<Note> notes = new LinkedHashSet<>();

  /** An empty collection. */
  public Notes() {}

  synchronized void add(Pass pass, String node, String why) {
    notes.add(new Note(pass.name(), node, why));
  }

  /** Everything noted so far, in order. */
  public synchronized List<Note> list() {
    return List.copyOf(notes);
  }
}
