/** The sentence encoder all-MiniLM-L6-v2, whose model and tokenizer come from a Maven artifact. */
@org.jspecify.annotations.NullMarked
package dev.lathe.bench.sentences;
