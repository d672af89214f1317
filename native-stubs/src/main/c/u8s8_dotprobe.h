/*
 * What every u8s8_dotprobe_*.c shares. It defines before, after its lanes_*.h:
 *
 *   KERNEL           the function
 *   CHAINS           independent accumulators, enough to hide the latency of dot; at most 16
 *   KEPT(x)          x as the asm operand that stays in a vector register
 *   operand          type of both factors
 *   operand_set1(x)  one of equal bytes
 *   dot              what the products of the tier do per step: acc += x * y
 *
 * An empty asm seems to change x before every step and acc after it, so that the compiler can neither
 * fold steps nor take them out of the loop, and keeps every chain in one register.
 */
#ifndef LATHE_U8S8_DOTPROBE_H
#define LATHE_U8S8_DOTPROBE_H

LATHE_U8S8_DOTPROBE(KERNEL) {
  ivec acc[CHAINS];
  UNROLL
  for (int c = 0; c < CHAINS; c++) {
    acc[c] = i_set1(c);
    __asm__("" : KEPT(acc[c]));
  }
  operand x = operand_set1(3);
  const operand y = operand_set1(-2);
  for (int64_t round = 0; round < rounds; round++) {
    UNROLL
    for (int c = 0; c < CHAINS; c++) {
      __asm__("" : KEPT(x));
      acc[c] = dot(acc[c], x, y);
      __asm__("" : KEPT(acc[c]));
    }
  }
  ivec sum = acc[0];
  UNROLL
  for (int c = 1; c < CHAINS; c++) {
    sum = i_add(sum, acc[c]);
  }
  int32_t lanes[LANES];
  i_store(lanes, sum);
  return lanes[0];
}

#endif
