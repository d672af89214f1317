/*
 * The loops around a register tile, and the kernel itself:
 *
 *   for a block of rows                    its parts of lhs, dst and addend stay in L2
 *     for a panel of NV vectors of columns its part of rhs stays in L1 or L2
 *       for a tile of <= MR rows           the whole depth in registers, then the epilogue
 *
 * Comes after u8s8_brgemm.h and
 *
 *   KERNEL                                 the function's name
 *   MR, NV, WIDE                           as in u8s8_brgemm_dot.h
 *   SIZES(DO)                              DO(mr, nv) for every size of a tile
 *   tile(p, i, j, mr, nv)                  inlined for each of them
 *   VECTORS                                the larger of NV and WIDE
 *   ENTER_PANEL(p, j, nv, begins)          optional: comes before the tiles of a panel
 *   RUN_SIZES(DO)                          optional, and then run_tile, RUN_MR and in_runs(p, j): as
 *                                          above, for panels that are in runs
 */

/* Bytes of lhs, dst and addend a block of rows may have. */
enum { BLOCK_BYTES = 256 << 10 };

enum { NR = NV * LANES };

#ifndef ENTER_PANEL
#define ENTER_PANEL(p, j, nv, begins)
#endif

#define TILE(mr, nv)                                                                       \
  static void tile_##mr##x##nv(problem *p, int32_t i, int32_t j) {                         \
    tile(p, i, j, mr, nv);                                                                 \
  }
#define CASE(mr, nv)                                                                       \
  case nv * (MR + 1) + mr:                                                                 \
    tile_##mr##x##nv(p, i, j);                                                             \
    break;

SIZES(TILE)

/* Rows [i, i + rows) of the tile of nv vectors from column j. */
static void any_tile(problem *p, int32_t i, int32_t j, int32_t rows, int32_t nv) {
  switch (nv * (MR + 1) + rows) {
    SIZES(CASE)
    default:
      __builtin_unreachable();
  }
}

#ifdef RUN_SIZES
#define RUN_TILE(mr, nv)                                                                   \
  __attribute__((noinline)) static void run_tile_##mr##x##nv(                              \
      problem *p, int32_t i, int32_t j) {                                                  \
    run_tile(p, i, j, mr, nv);                                                             \
  }
#define RUN_CASE(mr, nv)                                                                   \
  case nv * (RUN_MR + 1) + mr:                                                             \
    run_tile_##mr##x##nv(p, i, j);                                                         \
    break;

RUN_SIZES(RUN_TILE)

static void any_run_tile(problem *p, int32_t i, int32_t j, int32_t rows, int32_t nv) {
  switch (nv * (RUN_MR + 1) + rows) {
    RUN_SIZES(RUN_CASE)
    default:
      __builtin_unreachable();
  }
}
#else
enum { RUN_MR = MR };

INLINE int in_runs(const problem *p, int32_t j) {
  (void)p;
  (void)j;
  return 0;
}

#define any_run_tile any_tile
#endif

static void wide_row(problem *p, int32_t i, int32_t j) { tile(p, i, j, 1, WIDE); }

/*
 * Has tiles ask for the panel from column j while they work on the one before: of a panel that comes
 * from L3 or memory, the first tile would wait for all of it, and the others for nothing.
 */
static void look_ahead(problem *p, int32_t j, int32_t tiles) {
  const int32_t left = (p->out.n_to - j + GROUP - 1) / GROUP;
  const int32_t groups = left < NR / GROUP ? left : NR / GROUP;
  if (groups > 0 && tiles > 1) {
    p->ahead = columns(p, j);
    p->ahead_end = p->ahead + groups * group_bytes(p);
    p->ahead_share = (groups * QUAD_ROW + tiles - 1) / tiles;
  } else {
    p->ahead_end = p->ahead;
  }
}

/* Rows [first, first + rows) of the columns from n_from; rhs's part of them is read once per tile. */
static void block(problem *p, int32_t first, int32_t rows, int32_t n_from) {
  int32_t begins[VECTORS * LANES];
  (void)begins;
  int32_t j = n_from;
  if (rows == 1 && WIDE > NV) {
    for (; p->out.n_to - j > (WIDE - 1) * LANES; j += WIDE * LANES) {
      ENTER_PANEL(p, j, WIDE, begins);
      wide_row(p, first, j);
    }
  }
  for (; j < p->out.n_to; j += NR) {
    const int32_t left = (p->out.n_to - j + LANES - 1) / LANES;
    const int32_t nv = left < NV ? left : NV;
    ENTER_PANEL(p, j, nv, begins);
    const int runs = in_runs(p, j);
    const int32_t most = runs ? RUN_MR : MR;
    /* Tiles as equal as possible: several lower ones beat full ones and a tiny one. */
    const int32_t tiles = (rows + most - 1) / most;
    look_ahead(p, j + NR, tiles);
    int32_t i = 0;
    for (int32_t tile = 1; tile <= tiles; tile++) {
      const int32_t end = (int32_t)((int64_t)rows * tile / tiles);
      if (runs) {
        any_run_tile(p, first + i, j, end - i, nv);
      } else {
        any_tile(p, first + i, j, end - i, nv);
      }
      i = end;
    }
  }
}

LATHE_U8S8_BRGEMM(KERNEL) {
  (void)scratch;
  problem p = PROBLEM;
  if (check_rows(&p, m_from, m_to, lhs_bytes) != 0) {
    return 1;
  }
  const int64_t dst_bytes = scale == NULL ? 4 : addend == NULL ? 1 : 2;
  const int64_t lhs_row = row_offsets == NULL ? (int64_t)k * taps : k;
  const int64_t row_bytes = lhs_row + (n_to - n_from) * dst_bytes;
  const int64_t fit = BLOCK_BYTES / (row_bytes > 0 ? row_bytes : 1) / MR * MR;
  const int32_t most = fit < 4 * MR ? 4 * MR : fit < m ? (int32_t)fit : m;
  for (int32_t i = m_from; i < m_to; i += most) {
    block(&p, i, m_to - i < most ? m_to - i : most, n_from);
  }
  return 0;
}
