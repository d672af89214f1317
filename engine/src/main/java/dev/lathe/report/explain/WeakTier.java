package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import dev.lathe.cpu.Isa;
import java.util.List;
import java.util.Optional;

/** A product on a tier that is slower than another of this machine, or without dot products. */
final class WeakTier implements Cause.OfWork {

  private static final List<Isa> DOT_PRODUCTS =
      List.of(Isa.AMX, Isa.AVX512VNNI, Isa.AVXVNNI, Isa.NEONI8MM, Isa.NEONDOT);

  @Override
  public String id() {
    return "tier without 8-bit dot products";
  }

  @Override
  public Optional<Finding> find(Work work, Layer layer, Scene scene) {
    String kernel = layer.main().step().kernel();
    boolean has = DOT_PRODUCTS.stream().anyMatch(isa -> kernel.endsWith("__" + isa.id()));
    if (!work.integer() || work.depthwise() || has || layer.tile().isEmpty()) {
      return Optional.empty();
    }
    double fma = scene.roofline().peaks().fma().gmacs();
    double peak = layer.main().peak().gmacs();
    String why =
        text(
            "%s: its 8-bit products peak at %.1f GMAC/s, fp32 at %.1f, %.1fx",
            kernel, peak, fma, peak / fma);
    Isa better = DOT_PRODUCTS.stream().filter(scene::hasTier).findFirst().orElse(null);
    if (better != null) {
      Variant before = Variant.of(work, scene.options());
      return Optional.of(
          Finding.tried(
              this,
              layer,
              why,
              "leave out --isa, which forces the slower tier",
              new Trial(
                  "on " + better.id(), before, before.with(scene.options().withIsa(better)), 1)));
    }
    return Optional.of(
        Finding.unmeasured(
            this,
            layer,
            why,
            "a processor with AVX-VNNI, AVX-512 VNNI, AMX or NEON dot product, and the native"
                + " library",
            "no tier with dot products runs in this process, see 'lathe env'"));
  }
}
