package dev.lathe.error;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;

/** Why a file could not be read or written, in words. */
public final class FileReason {

  private FileReason() {}

  /**
   * What an exception of {@code java.io} or {@code java.nio.file} says, without its type's name.
   */
  public static String of(Exception failure) {
    Throwable cause = failure.getCause();
    if (failure instanceof UncheckedIOException && cause instanceof IOException wrapped) {
      return of(wrapped);
    }
    String message = failure.getMessage() == null ? "" : failure.getMessage();
    return switch (failure) {
      case EOFException end when message.isEmpty() -> "the file ends early";
      case CharacterCodingException text -> "it is no text in UTF-8";
      case NoSuchFileException none -> "no such file or folder: " + none.getFile();
      case AccessDeniedException denied -> "permission denied: " + denied.getFile();
      case FileAlreadyExistsException there -> "it exists already: " + there.getFile();
      case NotDirectoryException file -> "it is no folder: " + file.getFile();
      case DirectoryNotEmptyException full -> "the folder is not empty: " + full.getFile();
      case FileSystemException other when other.getReason() != null -> reason(other.getReason());
      case InvalidPathException path -> "it is no path: " + path.getReason();
      default -> message.isEmpty() ? failure.getClass().getSimpleName() : reason(message);
    };
  }

  private static String reason(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "is a directory" -> "it is a folder";
      case "not a directory" -> "a part of the path is no folder";
      default -> text;
    };
  }
}
