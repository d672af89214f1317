package dev.lathe.report.html;

/** A mark on an axis. */
public record Tick(double at, String text) {}
