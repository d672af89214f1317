/*
 * u8 x s8 -> int32 -> u8 with sparse weights:
 *
 *   for a block of output rows         its inputs go to the slab, quads of channels first: L2
 *     for a tile of NV vectors of positions
 *       for a block of output channels their sums: L1
 *         for a chunk of the depth     the tile's inputs of the chunk: L1
 *           for a list of the block    its entries, in registers, PASS vectors at a time
 *         sums are turned round, channels last, and go to the epilogue
 *
 * The tile of a list of NR output channels, positions along the vectors:
 *
 *   entry              slab: LANES positions   ...  PASS vectors     a load each
 *   w[0] 4 channels    acc[0][0]               ...  acc[0][PASS-1]   a broadcast, PASS dot products
 *   ...                                                              NR times
 *
 * Comes after a quads_*.h and
 *
 *   KERNEL             the function's name
 *   NR, NV, PASS       output channels of a list, vectors of a tile and of a pass over a list
 *   SIZES(DO)          DO(nv) for every 1 <= nv <= PASS
 */
#include "u8s8_slab.h"
#include "u8s8_store.h"

enum {
  MR = NV * LANES,
  BLOCK = 6144 / MR, /* output channels: 24 KiB of sums, a multiple of LANES */
  ENTRY = 4 + NR * WEIGHT_BYTES,
};

#define UPTO_3(DO) DO(1) DO(2) DO(3)
#define UPTO_2(DO) DO(1) DO(2)
#define UPTO_4(DO) UPTO_3(DO) DO(4)
#define UPTO_6(DO) UPTO_4(DO) DO(5) DO(6)
#define UPTO_12(DO) UPTO_6(DO) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12)
#define UPTO_16(DO) UPTO_12(DO) DO(13) DO(14) DO(15) DO(16)

/* What a list is computed with. */
typedef struct {
  const uint8_t *entry, *end;
  const uint8_t *slab;  /* of the pass's first position */
  int64_t plane_bytes;
  int32_t *acc;         /* [NR][MR] */
  const int32_t *bias;  /* what sums begin with, or null: with acc */
} list;

/* Adds the entries of a list to nv vectors of positions; nv is a constant. */
INLINE void add_list(const list *s, const int nv) {
  ivec acc[NR][PASS];
  UNROLL
  for (int r = 0; r < NR; r++) {
    UNROLL
    for (int v = 0; v < nv; v++) {
      acc[r][v] = s->bias != NULL ? i_set1(s->bias[r]) : i_load(s->acc + r * MR + v * LANES);
    }
  }
  const int64_t plane = s->plane_bytes;
  const uint8_t *slab = s->slab;
  const uint8_t *end = s->end;
  for (const uint8_t *e = s->entry; e < end; e += ENTRY) {
    const uint8_t *x = slab + load_quad(e);
    const uint8_t *next = x + (PLANES - 1) * plane;
    __asm__("" : "+r"(next)); /* an address of its own, not recomputed for each vector */
    if (NR == 1) {
      const weight_vec w = weight_load(e + 4);
      UNROLL
      for (int v = 0; v < nv; v++) {
        acc[0][v] = quad_dot(acc[0][v], quad_load(x + v * 4 * LANES, next + v * 4 * LANES), w);
      }
    } else {
      quad_vec a[PASS];
      UNROLL
      for (int v = 0; v < nv; v++) {
        a[v] = quad_load(x + v * 4 * LANES, next + v * 4 * LANES);
      }
      UNROLL
      for (int r = 0; r < NR; r++) {
        const weight_vec w = weight_load(e + 4 + r * WEIGHT_BYTES);
        UNROLL
        for (int v = 0; v < nv; v++) {
          acc[r][v] = quad_dot(acc[r][v], a[v], w);
        }
      }
    }
  }
  UNROLL
  for (int r = 0; r < NR; r++) {
    UNROLL
    for (int v = 0; v < nv; v++) {
      i_store(s->acc + r * MR + v * LANES, acc[r][v]);
    }
  }
}

#define LIST(nv) \
  __attribute__((noinline)) static void list_##nv(const list *s) { add_list(s, nv); }
#define CASE(nv)   \
  case nv:         \
    list_##nv(s);  \
    break;

SIZES(LIST)

static void any_list(const list *s, int32_t nv) {
  switch (nv) {
    SIZES(CASE)
    default:
      __builtin_unreachable();
  }
}

typedef struct {
  int32_t n, chunks;
  const uint8_t *rhs;
  const int32_t *bias;
  int64_t plane_bytes;
} weights;

INLINE const int32_t *starts_of(const weights *w) {
  return (const int32_t *)(const void *)w->rhs;
}

INLINE const uint8_t *entries_of(const weights *w, int32_t lists) {
  return w->rhs + (4 * (int64_t)w->chunks * (lists + 1) + 63) / 64 * 64;
}

/* What sums begin with when the slab's bytes are LESS: [lists * NR]. */
static const int32_t *begin_less(const weights *w, int32_t *sums) {
  const int32_t lists = (w->n + NR - 1) / NR;
  const int32_t *starts = starts_of(w);
  const uint8_t *entries = entries_of(w, lists);
  for (int32_t j = 0; j < lists * NR; j++) {
    sums[j] = w->bias[j];
  }
  for (int32_t chunk = 0; chunk < w->chunks; chunk++, starts += lists + 1) {
    for (int32_t list = 0; list < lists; list++) {
      for (int64_t e = starts[list]; e < starts[list + 1]; e++) {
        const int8_t *weight = (const int8_t *)(entries + e * ENTRY + 4);
        for (int32_t i = 0; i < NR * WEIGHT_BYTES; i++) {
          sums[list * NR + i / WEIGHT_BYTES] += LESS * weight[i];
        }
      }
    }
  }
  return sums;
}

/* The sums of output channels [from, to) at nv vectors of positions; slab is the first of them. */
static void add_lists(
    const weights *w, const uint8_t *slab, int32_t nv, int32_t from, int32_t to, int32_t *acc) {
  const int32_t lists = (w->n + NR - 1) / NR;
  const int32_t *starts = starts_of(w);
  const uint8_t *entries = entries_of(w, lists);
  const int32_t passes = (nv + PASS - 1) / PASS;
  for (int32_t chunk = 0; chunk < w->chunks; chunk++, starts += lists + 1) {
    for (int32_t j = from; j < to; j += NR) {
      const int32_t *start = starts + j / NR;
      if (chunk > 0 && start[0] == start[1]) {
        continue;
      }
      for (int32_t pass = 0; pass < passes; pass++) {
        const int32_t v = nv * pass / passes;
        const list s = {
            entries + (int64_t)start[0] * ENTRY,
            entries + (int64_t)start[1] * ENTRY,
            slab + v * 4 * LANES,
            w->plane_bytes,
            acc + (j - from) * MR + v * LANES,
            chunk == 0 ? w->bias + j : NULL};
        any_list(&s, nv * (pass + 1) / passes - v);
      }
    }
  }
}

/*
 * Stores count positions from pixel on, of output channels [from, to), whose sums are [channel][MR]
 * at acc; positions after them are read, too. turned has room for MR rows of LANES.
 */
static void store_run(
    const results *out, const int32_t *acc, int32_t pixel, int32_t count, int32_t from, int32_t to,
    int32_t *turned) {
  for (int32_t j = from; j < to; j += LANES, acc += LANES * MR) {
    for (int32_t p = 0; p < count; p += LANES) {
      ivec x[LANES];
      UNROLL
      for (int l = 0; l < LANES; l++) {
        x[l] = i_load(acc + l * MR + p);
      }
      i_transpose(x);
      UNROLL
      for (int l = 0; l < LANES; l++) {
        i_store(turned + (p + l) * LANES, x[l]);
      }
    }
    store_tile(out, turned, pixel, j, count, LANES);
  }
}

/* Stores those of count positions of a block of output rows from row on that are outputs. */
static void store_positions(
    const results *out, const image *s, const int32_t *acc, int32_t row, int32_t position,
    int32_t count, int32_t from, int32_t to, int32_t *turned) {
  for (int32_t p = 0; p < count;) {
    const run r = next_run(s, row, position + p, count - p);
    if (r.count > 0) {
      store_run(out, acc + p, r.pixel, r.count, from, to, turned);
    }
    p += r.advance;
  }
}

LATHE_U8S8_SPMM(KERNEL) {
  const int32_t n_to = n;
  const results out = RESULTS;
  const int32_t pitch = out_width + reach_width;
  const int64_t lane_pitch = (int64_t)(block_rows + reach_height) * pitch;
  const uint8_t *zero_row = take_zero_row(&scratch, k, lhs_zero_point);
  const uint8_t **pixels = (const uint8_t **)(void *)take(&scratch, 8 * (lane_pitch + LANES));
  int32_t *turned = (int32_t *)(void *)take(&scratch, 4 * (MR + LANES) * LANES);
  int32_t *acc = (int32_t *)(void *)take(&scratch, 4 * ((BLOCK + LANES) * MR));
  int32_t *begins = (int32_t *)(void *)take(&scratch, 4 * (int64_t)(n + NR));
  int32_t *slab = (int32_t *)(void *)scratch; /* [quads * PLANES][plane_pitch], and MR elements */
  const image s = IMAGE;
  weights w = {n, chunks, rhs, bias, 4 * plane_pitch};
  if (LESS > 0) {
    w.bias = begin_less(&w, begins);
  }
  for (int32_t row = row_from; row < row_to; row += block_rows) {
    const int32_t rows = row_to - row < block_rows ? row_to - row : block_rows;
    fill(&s, row, rows, slab);
    const int32_t positions = (rows - 1) * pitch + out_width;
    const int32_t vectors = (positions + LANES - 1) / LANES;
    const int32_t tiles = (vectors + NV - 1) / NV;
    for (int32_t tile = 0; tile < tiles; tile++) {
      const int32_t from = (int32_t)((int64_t)vectors * tile / tiles);
      const int32_t nv = (int32_t)((int64_t)vectors * (tile + 1) / tiles) - from;
      const int32_t p = from * LANES;
      const int32_t count = positions - p < nv * LANES ? positions - p : nv * LANES;
      for (int32_t j = 0; j < n; j += BLOCK) {
        const int32_t to = n - j < BLOCK ? n : j + BLOCK;
        add_lists(&w, (const uint8_t *)(slab + p), nv, j, to, acc);
        store_positions(&out, &s, acc, row, p, count, j, to, turned);
      }
    }
  }
}
