package dev.lathe.report.html;

/** A figure that stands out. */
public record Card(String label, String value, String detail) {}
