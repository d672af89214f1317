/*
 * Tiles of three rows for columns whose weights are small, which dev.lathe.kernel.pack.QuadRunsS8
 * sorts. vpmaddubsw adds two products in int16, and vpaddw such sums of several quads; that is exact
 * as long as all weights that go into an int16 add up to at most 128, and negative ones to at least
 * -128, for 255 times either fits. After FBGEMM's accumulation in 16 bits (Khudia et al., 2021), but
 * packing proves it for each run of quads, and what does not fit is widened.
 *
 * registers: 6 accumulators in int32, 6 in int16, 2 of rhs, 1 of lhs, 1 of products: 16 of 16
 * range:     as above; int32 wraps as the contract's does
 *
 * Comes after u8s8_brgemm.h, with HEAD_BYTES, and lhs_quad, rhs_load and dot of quads of any size.
 */
#ifndef LATHE_U8S8_RUNS_AVX2_H
#define LATHE_U8S8_RUNS_AVX2_H

enum { RUN_MR = 3, RUN_NV = 2 };

/* Runs of each kind: the uint16 the head of a tap begins with; then their entries, one per quad. */
enum { RUNS_8, RUNS_4, RUNS_2, FIT, WIDENED, KINDS };

/* Instead of the first number: the quads are in order. */
enum { IN_ORDER = 0xffff };

INLINE const uint16_t *head(const problem *p, int32_t j) {
  return (const uint16_t *)(const void *)(columns(p, j) - p->head_bytes);
}

/* Whether the columns from j on are for tiles of runs. */
INLINE int in_runs(const problem *p, int32_t j) { return head(p, j)[0] != IN_ORDER; }

/* Keeps operations in the order they are written in: any other needs more registers. */
#define KEPT(x) __asm__("" : "+x"(x))

/* Has what a pointer leads to loaded anew: kept in a register it would push out accumulators. */
#define LOAD_ANEW(x) __asm__("" : "+r"(x))

/*
 * The products of count <= 8 quads, which fit int16 together.
 *
 * entries  which quads of the rows
 * pair     two int16 that are 1
 */
INLINE void add_run(
    ivec (*acc)[RUN_MR], const uint8_t *const *a, const uint16_t *entries, const int8_t *b,
    const int32_t *pair, const int mr, const int nv, const int count) {
  ivec sums[RUN_NV][RUN_MR];
  UNROLL
  for (int q = 0; q < count; q++) {
    ivec y[RUN_NV];
    UNROLL
    for (int v = 0; v < nv; v++) {
      y[v] = b_load((const uint8_t *)b + q * QUAD_ROW + v * BYTES);
    }
    const int64_t at = 4 * (int64_t)entries[q];
    UNROLL
    for (int r = 0; r < mr; r++) {
      const ivec x = i_set1(load_quad(a[r] + at));
      UNROLL
      for (int v = 0; v < nv; v++) {
        const ivec products = _mm256_maddubs_epi16(x, y[v]);
        sums[v][r] = q == 0 ? products : _mm256_add_epi16(sums[v][r], products);
        KEPT(sums[v][r]);
      }
    }
  }
  if (count == 8) {
    LOAD_ANEW(pair);
  }
  const ivec ones = i_set1(*pair);
  UNROLL
  for (int v = 0; v < nv; v++) {
    UNROLL
    for (int r = 0; r < mr; r++) {
      acc[v][r] = i_add(acc[v][r], _mm256_madd_epi16(sums[v][r], ones));
      KEPT(acc[v][r]);
    }
  }
}

/*
 * The products of a quad of any weights.
 *
 * low  the mask of bytes 0 and 2
 */
INLINE void add_widened(
    ivec (*acc)[RUN_MR], const uint8_t *const *a, int64_t at, const int8_t *b, const int32_t *low,
    const int mr, const int nv) {
  rhs_vec y[RUN_NV];
  UNROLL
  for (int v = 0; v < nv; v++) {
    y[v] = rhs_load(b + v * BYTES);
  }
  UNROLL
  for (int r = 0; r < mr; r++) {
    const ivec quad = i_set1(load_quad(a[r] + at));
    const lhs_vec x = {_mm256_and_si256(quad, i_set1(*low)), _mm256_srli_epi16(quad, 8)};
    UNROLL
    for (int v = 0; v < nv; v++) {
      acc[v][r] = dot(acc[v][r], x, 0, y[v]);
    }
  }
}

/* The count runs of a section, of as many entries as quads each; returns the end of b. */
INLINE const int8_t *add_section(
    ivec (*acc)[RUN_MR], const uint8_t *const *a, const uint16_t **entries, int32_t count,
    const int8_t *b, const int mr, const int nv, const int quads, const int widened) {
  static const int32_t constants[] = {0x00010001, 0x00ff00ff};
  const int32_t *constant = constants + widened;
  LOAD_ANEW(constant);
  const uint16_t *at = *entries;
  const uint16_t *end = at + count * quads;
  for (; at < end; at += quads, b += quads * QUAD_ROW) {
    if (widened) {
      add_widened(acc, a, 4 * (int64_t)*at, b, constant, mr, nv);
    } else {
      add_run(acc, a, at, b, constant, mr, nv, quads);
    }
  }
  *entries = end;
  return b;
}

/* Rows [i, i + mr) of nv vectors of columns from j, which are in runs; mr and nv are constants. */
INLINE void run_tile(problem *p, int32_t i, int32_t j, const int mr, const int nv) {
  ivec acc[RUN_NV][RUN_MR];
  UNROLL
  for (int v = 0; v < nv; v++) {
    UNROLL
    for (int r = 0; r < mr; r++) {
      acc[v][r] = i_load(p->bias + j + v * LANES);
    }
  }
  const int8_t *tap = columns(p, j);
  for (int32_t t = 0; t < p->taps; t++, tap += tap_bytes(p)) {
    const uint8_t *a[RUN_MR];
    UNROLL
    for (int r = 0; r < mr; r++) {
      a[r] = row(p, t, i + r);
    }
    ask_ahead(p, p->quads);
    const uint16_t *counts = (const uint16_t *)(const void *)(tap - p->head_bytes);
    const uint16_t *entries = counts + KINDS;
    const int8_t *b = tap;
    b = add_section(acc, a, &entries, counts[RUNS_8], b, mr, nv, 8, 0);
    b = add_section(acc, a, &entries, counts[RUNS_4], b, mr, nv, 4, 0);
    b = add_section(acc, a, &entries, counts[RUNS_2], b, mr, nv, 2, 0);
    b = add_section(acc, a, &entries, counts[FIT], b, mr, nv, 1, 0);
    b = add_section(acc, a, &entries, counts[WIDENED], b, mr, nv, 1, 1);
    if (p->k % 4 != 0) { /* the last quad, which no entry names */
      const int64_t last = p->k / 4 * 4;
      uint64_t bytes[RUN_MR];
      UNROLL
      for (int r = 0; r < mr; r++) {
        a[r] += last;
        if (p->tail != 0) {
          bytes[r] = load_bytes(a[r], p->tail);
          a[r] = (const uint8_t *)&bytes[r];
        }
      }
      const int32_t low = 0x00ff00ff;
      add_widened(acc, a, 0, b, &low, mr, nv);
    }
  }
  int32_t sums[RUN_MR * RUN_NV * LANES];
  UNROLL
  for (int r = 0; r < mr; r++) {
    UNROLL
    for (int v = 0; v < nv; v++) {
      i_store(sums + (r * nv + v) * LANES, acc[v][r]);
    }
  }
  finish(p, sums, i, j, mr, nv * LANES);
}

#endif
