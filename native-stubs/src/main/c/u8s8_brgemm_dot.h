/*
 * The register tile of instructions that add four products of bytes to each lane:
 *
 *   B[k/4][lanes of column vector 0][4] ... [vector nv - 1]     nv loads per quad of k
 *   A[0][k..k+3]     acc[0][0]      ...      acc[0][nv - 1]     nv dot products per row
 *    ...
 *   A[mr-1][k..k+3]  acc[mr-1][0]   ...      acc[mr-1][nv - 1]
 *
 * Comes after u8s8_brgemm.h and
 *
 *   lhs_vec, rhs_vec                     as dot takes them
 *   QUADS                                of a lhs_vec
 *   lhs_vec lhs_load(const uint8_t *)    reads QUADS quads
 *   lhs_vec lhs_quad(int32_t quad)       a quad as number 0
 *   rhs_vec rhs_load(const int8_t *)     the quads of LANES columns
 *   ivec dot(ivec acc, lhs_vec, int q, rhs_vec)
 *                                        adds quad q of a row times each column; q is a constant
 *   MR, NV, WIDE                         most rows and vectors of a tile, and vectors of a row
 *                                        that is alone and has no other accumulators to hide
 *                                        latency with
 */
enum { VECTORS = WIDE > NV ? WIDE : NV };

/* Quads of depth between two looks ahead; a multiple of QUADS. */
enum { STRETCH = 64 };

/*
 * For the columns of nv vectors from j: accumulators begin with the bias less what a row of zeros
 * would give, which is not 0 where dot takes its left operand less an offset.
 */
INLINE void enter_panel(problem *p, int32_t j, int32_t nv, int32_t *begins) {
  const int64_t quads = p->taps * tap_bytes(p) / QUAD_ROW;
  for (int32_t v = 0; v < nv; v++) {
    const int8_t *b = columns(p, j + v * LANES);
    ivec acc = i_set1(0);
    for (int64_t q = 0; q < quads; q++) {
      acc = dot(acc, lhs_quad(0), 0, rhs_load(b + q * QUAD_ROW));
    }
    i_store(begins + v * LANES, i_sub(i_load(p->bias + j + v * LANES), acc));
  }
  p->begins = begins;
  p->panel = j;
}

/*
 * Adds the products of count quads of mr rows, QUADS or 1, from at on. Rows are loaded one by one,
 * where they are used: all at once they would not leave enough registers.
 */
INLINE void step(
    ivec (*acc)[MR], const uint8_t *const *a, int64_t at, const int8_t *b, int64_t group,
    const int mr, const int nv, const int count) {
  UNROLL
  for (int q = 0; q < count; q++) {
    rhs_vec y[VECTORS];
    UNROLL
    for (int v = 0; v < nv; v++) {
      const int column = v * LANES;
      y[v] = rhs_load(b + q * QUAD_ROW + column / GROUP * group + column % GROUP * 4);
    }
    UNROLL
    for (int r = 0; r < mr; r++) {
      const lhs_vec x = count == QUADS ? lhs_load(a[r] + at) : lhs_quad(load_quad(a[r] + at));
      UNROLL
      for (int v = 0; v < nv; v++) {
        acc[v][r] = dot(acc[v][r], x, q, y[v]);
      }
    }
  }
}

/* Rows [i, i + mr) of nv vectors of columns from j; mr and nv are constants. */
INLINE void tile(problem *p, int32_t i, int32_t j, const int mr, const int nv) {
  ivec acc[VECTORS][MR];
  UNROLL
  for (int v = 0; v < nv; v++) {
    const ivec first = i_load(p->begins + (j - p->panel) + v * LANES);
    UNROLL
    for (int r = 0; r < mr; r++) {
      acc[v][r] = first;
    }
  }
  const int64_t group = group_bytes(p);
  const int8_t *b = columns(p, j);
  for (int32_t t = 0; t < p->taps; t++, b += tap_bytes(p)) {
    const uint8_t *a[MR];
    UNROLL
    for (int r = 0; r < mr; r++) {
      a[r] = row(p, t, i + r);
    }
    const int64_t quads = p->quads;
    int64_t q = 0;
    while (q + QUADS <= quads) {
      const int64_t stop = quads - q < STRETCH ? quads : q + STRETCH;
      ask_ahead(p, stop - q);
      for (; q + QUADS <= stop; q += QUADS) {
        step(acc, a, 4 * q, b + q * QUAD_ROW, group, mr, nv, QUADS);
      }
    }
    for (; QUADS > 1 && q < quads; q++) {
      step(acc, a, 4 * q, b + q * QUAD_ROW, group, mr, nv, 1);
    }
    if (p->tail != 0) {
      uint64_t last[MR][2] = {{0}};
      UNROLL
      for (int r = 0; r < mr; r++) {
        last[r][0] = load_bytes(a[r] + 4 * q, p->tail);
        a[r] = (const uint8_t *)last[r];
      }
      step(acc, a, 0, b + q * QUAD_ROW, group, mr, nv, 1);
    }
  }
  int32_t sums[MR * NV > WIDE ? MR * NV * LANES : WIDE * LANES];
  UNROLL
  for (int r = 0; r < mr; r++) {
    UNROLL
    for (int v = 0; v < nv; v++) {
      i_store(sums + (r * nv + v) * LANES, acc[v][r]);
    }
  }
  finish(p, sums, i, j, mr, nv * LANES);
}
