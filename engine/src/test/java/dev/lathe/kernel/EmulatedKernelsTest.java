package dev.lathe.kernel;

import dev.lathe.kernel.ffm.EmulatedLibrary;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;

/**
 * The native kernels whose instructions this machine may lack, with the instructions in plain C:
 * everything {@link SpmmU8S8Test} asks of a sparse kernel, and of the others what there is time
 * for.
 */
class EmulatedKernelsTest extends SpmmU8S8Test {

  @BeforeAll
  static void compile() {
    EmulatedLibrary.sparse();
  }

  static Stream<Named<SpmmU8S8>> kernels() {
    return EmulatedLibrary.sparse().stream()
        .map(kernel -> Named.of(kernel.name().toString(), kernel));
  }

  @Test
  void sparseProductsStayWithinTheirOperands() throws Throwable {
    GuardPageTest.sparseStaysWithinItsOperands(EmulatedLibrary.sparse());
  }

  @Test
  void productsEqualTheReferenceAroundTheirTiles() {
    NativeGemmU8S8Test.equalTheReference(EmulatedLibrary.products());
  }

  @Test
  void productsEqualTheReferenceOnEveryDepth() {
    EmulatedLibrary.products().forEach(EmulatedAmxTest::equalsReferenceOnEveryDepth);
  }

  @Test
  void productsStayWithinTheirOperands() throws Throwable {
    GuardPageTest.staysWithinItsOperands(EmulatedLibrary.products(), 1, 13, 33);
  }

  @Test
  void productsOfSignsEqualTheReferenceAndStayWithinTheirOperands() throws Throwable {
    for (GemmB1 kernel : EmulatedLibrary.signs()) {
      new GemmB1Test().agreesOnShapesRoundTheTile(kernel);
      new GemmB1Test().agreesOnTaps(kernel);
      new GemmB1Test().countsEveryBit(kernel);
    }
    GuardPageTest.signsStayWithinTheirOperands(EmulatedLibrary.signs());
  }

  @Test
  void productsOfLevelsEqualTheReferenceAndStayWithinTheirOperands() throws Throwable {
    for (GemmS8Levels kernel : EmulatedLibrary.levels()) {
      new GemmLevelsTest().agreesOnShapesRoundTheTile(kernel);
      new GemmLevelsTest().addsExtremesExactly(kernel);
      new GemmLevelsTest().countsWhatIsNotFiniteAndWhatIsTooSmall(kernel);
    }
    GuardPageTest.levelsStayWithinTheirOperands(EmulatedLibrary.levels());
  }

  @Test
  void depthwiseConvolutionsEqualTheReferenceAndStayWithinTheirOperands() throws Throwable {
    GuardPageTest.depthwiseStaysWithinItsOperands(EmulatedLibrary.depthwise());
  }

  @Test
  void conversionsEqualTheReferenceAndStayWithinTheirOperands() throws Throwable {
    for (QuantizeU8 kernel : EmulatedLibrary.conversions()) {
      new ConversionsU8Test().quantizeEqualsReference(kernel);
      new ConversionsU8Test().dequantizeIsExactForEveryLevel(kernel);
    }
    GuardPageTest.conversionsStayWithinTheirOperands(EmulatedLibrary.conversions());
  }

  @Test
  void poolingEqualsTheReferenceAndStaysWithinItsOperands() throws Throwable {
    EmulatedLibrary.pools().forEach(new PoolU8Test()::equalsReference);
    GuardPageTest.poolingStaysWithinItsOperands(EmulatedLibrary.pools());
  }
}
