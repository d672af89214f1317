package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.FLOAT16;
import static dev.lathe.tensor.DType.FLOAT32;
import static dev.lathe.tensor.DType.INT64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnxruntime.OrtException;
import dev.lathe.error.InvalidModelException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Einsum against ONNX Runtime and, for what that lacks, against the definition in plain code. */
class EinsumTest {

  @ParameterizedTest
  @MethodSource
  void equations(OperatorCase each) throws OrtException {
    each.within(2e-5).check();
  }

  static Stream<OperatorCase> equations() {
    List<OperatorCase> cases = new ArrayList<>();
    for (DType type : List.of(FLOAT32, DType.FLOAT64, INT64)) {
      cases.add(einsum("ij->ji").random(type, 3, 4));
      cases.add(einsum("ij->i").random(type, 3, 40));
      cases.add(einsum("ij->").random(type, 3, 4));
      cases.add(einsum("ii->i").random(type, 4, 4));
      cases.add(einsum("ii").random(type, 4, 4));
      cases.add(einsum("...ii->...i").random(type, 3, 5, 5));
      cases.add(einsum("...ij->...ji").random(type, 2, 3, 4));
      cases.add(einsum("i,i->").random(type, 9).random(type, 9));
      cases.add(einsum("i,j->ij").random(type, 9).random(type, 5));
      cases.add(einsum("ij,ij->ij").random(type, 3, 4).random(type, 3, 4));
      cases.add(einsum("bij,bjk->bik").random(type, 5, 2, 3).random(type, 5, 3, 4));
      cases.add(einsum("...ij,...jk").random(type, 5, 2, 3).random(type, 5, 3, 4));
      cases.add(einsum("ij,jk").random(type, 2, 3).random(type, 3, 8));
      cases.add(einsum("ij,kj->ki").random(type, 20, 30).random(type, 8, 30));
      cases.add(einsum("bqhd,bkhd->bhqk").random(type, 2, 9, 3, 8).random(type, 2, 7, 3, 8));
      cases.add(einsum("bhqk,bkhd->bqhd").random(type, 2, 3, 9, 7).random(type, 2, 7, 3, 8));
      cases.add(einsum("bsd,dhk->bshk").random(type, 2, 5, 12).random(type, 12, 3, 8).known());
      cases.add(einsum("bshk,hkd->bsd").random(type, 2, 5, 3, 8).random(type, 3, 8, 12).known());
      cases.add(einsum("dhk,bsd->bshk").random(type, 12, 3, 8).known().random(type, 2, 5, 12));
      cases.add(einsum("ij,j->i").random(type, 30, 20).random(type, 20));
      cases.add(einsum("bij,bj->bi").random(type, 4, 30, 20).random(type, 4, 20));
    }
    return cases.stream();
  }

  private static OperatorCase einsum(String equation) {
    return op("Einsum", 12).with("equation", equation);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ab,bc,cd->ad",
        "ab,bc,cd->a",
        "a,b,c->cab",
        "abc,cd,bd->ad",
        "aab,bc->ac",
        "abca,bc->a",
        "ab, cb -> ca",
        "bad,dac->cab",
        "abc,ade->",
        "abc,dec->adbe",
        "abcd,dbe->ace",
        "cba",
        "Ab,bA->bA",
        "ab,cd->dacb"
      })
  void definition(String equation) {
    String[] terms = equation.replace(" ", "").split("->", -1)[0].split(",", -1);
    OperatorCase each = einsum(equation);
    List<Tensor> operands = new ArrayList<>();
    for (String term : terms) {
      each.f32(term.chars().mapToLong(EinsumTest::extent).toArray());
      operands.add(each.latest());
    }
    Tensor expected = define(equation.replace(" ", ""), terms, operands);
    OperatorCase.assertSame(each.run().getFirst(), expected, 1e-4);
  }

  private static long extent(int letter) {
    return letter == 'A' ? 6 : "??abcde".indexOf(letter) + 1;
  }

  /** Every assignment of the labels adds one product to one element of the result. */
  private static Tensor define(String equation, String[] terms, List<Tensor> operands) {
    Map<Character, Long> labels = new TreeMap<>();
    String.join("", terms).chars().forEach(c -> labels.put((char) c, 0L));
    String output =
        equation.contains("->") ? equation.substring(equation.indexOf("->") + 2) : "abc";
    Tensor result =
        Tensor.zeros(FLOAT32, Shape.of(output.chars().mapToLong(EinsumTest::extent).toArray()));
    long total = labels.keySet().stream().mapToLong(EinsumTest::extent).reduce(1, (a, b) -> a * b);
    for (long i = 0; i < total; i++) {
      long rest = i;
      for (Map.Entry<Character, Long> label : labels.entrySet()) {
        label.setValue(rest % extent(label.getKey()));
        rest /= extent(label.getKey());
      }
      double product = 1;
      for (int t = 0; t < terms.length; t++) {
        product *= operands.get(t).f32(index(terms[t], labels));
      }
      long at = index(output, labels) * 4;
      result.data().set(Tensor.F32, at, (float) (result.data().get(Tensor.F32, at) + product));
    }
    return result;
  }

  private static long extent(Character letter) {
    return extent((int) letter);
  }

  private static long index(String term, Map<Character, Long> labels) {
    long index = 0;
    for (int i = 0; i < term.length(); i++) {
      char letter = term.charAt(i);
      index = index * extent(letter) + labels.getOrDefault(letter, 0L);
    }
    return index;
  }

  @Test
  void ellipsesBroadcast() {
    OperatorCase each = einsum("...ij,jk...->k...i").f32(3, 1, 2, 5).f32(5, 6, 4);
    Tensor lhs = each.first();
    Tensor rhs = each.latest();
    Tensor result = each.run().getFirst();
    assertThat(result.shape()).isEqualTo(Shape.of(6, 3, 4, 2));
    for (int k = 0; k < 6; k++) {
      for (int at = 0; at < 3 * 4 * 2; at++) {
        int b = at / 8;
        int c = at / 2 % 4;
        int i = at % 2;
        double sum = 0;
        for (int j = 0; j < 5; j++) {
          sum += lhs.f32((b * 2 + i) * 5 + j) * rhs.f32((j * 6 + k) * 4 + c);
        }
        assertThat((double) result.f32(k * 24 + at)).isCloseTo(sum, within());
      }
    }
  }

  private static org.assertj.core.data.Offset<Double> within() {
    return org.assertj.core.data.Offset.offset(1e-4);
  }

  @Test
  void emptyAxesSumToZero() {
    Tensor result = einsum("ij,jk->ik").f32(3, 0).f32(0, 8).run().getFirst();
    assertThat(result.shape()).isEqualTo(Shape.of(3, 8));
    assertThat(result.toFloats()).containsOnly(0);
  }

  @Test
  void halfPrecisionIsSummedInDouble() {
    OperatorCase each = einsum("ij,jk,kl->il").random(FLOAT16, 3, 40).random(FLOAT16, 40, 3);
    each.random(FLOAT16, 3, 2);
    assertThat(each.run().getFirst().dtype()).isEqualTo(FLOAT16);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ij", "ij->k", "ijk->i", "ij->ii", "i.j->i", "i1->i", "ij,ij->i", "...->"})
  void equationsThatDoNotFitAreRefused(String equation) {
    assertThatExceptionOfType(InvalidModelException.class)
        .isThrownBy(
            einsum(equation).f32(equation.equals("ij") ? new long[] {3} : new long[] {3, 4})::run)
        .withMessageContaining("node 'node'");
  }
}
