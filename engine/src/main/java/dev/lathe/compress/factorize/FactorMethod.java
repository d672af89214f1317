package dev.lathe.compress.factorize;

/** A way to take layers apart. */
public interface FactorMethod {

  /** As the command line spells it. */
  String name();

  /** Why a layer can't be taken apart this way; empty when it can. */
  String obstacle(Layer layer);

  Decomposition decompose(Layer layer);
}
