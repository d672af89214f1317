/*
 * Signs x signs -> fp32 on AVX2, which has no instruction that counts bits: vpshufb looks up how
 * many of four signs differ, for 32 columns at once. Four signs of a row choose the table, four
 * signs of a column the entry.
 *
 *   A[m][k..k+3]         -> a table of 16 bytes, in both halves of a vector
 *   B[k..k+3][32]        =  half of a byte per column: the entry's number
 *   counts[m][32]        += table[entry]
 *
 * So 128 signs take a look-up and an addition; the numbers of entries are shared by the rows of a
 * tile. Zeros choose other tables and cost nothing. Where the tables of a row begin is written to
 * scratch before, as uint16 per four signs.
 *
 * registers: 8 of counts, 2 of entries, 1 mask, 1 table, 1 of what is found: 13 of 16
 * range:     a byte holds 63 look-ups of at most 4: after 31 bytes of signs counts move on to
 *            uint16, after 8,184 (65,472 signs) to int32
 */
#include "lanes_avx2.h"

enum { MR = 4, NR = 64 };

#include "b1_brgemm.h"

#define KERNEL b1_brgemm_4x64__avx2

enum {
  PANEL = 32,
  NV = NR / PANEL,
  ENTRIES = 16,
  COUNTED = 31,            /* bytes of signs that a byte counts */
  SUMMED = 264 * COUNTED,  /* that a uint16 does */
};

#define BITS(x) (((x) & 1) + ((x) >> 1 & 1) + ((x) >> 2 & 1) + ((x) >> 3 & 1))
#define DIFFER(some, a, b) BITS(((a) ^ (b)) & (some))
#define FOUR_ENTRIES(some, a, b) \
  DIFFER(some, a, b), DIFFER(some, a, b + 1), DIFFER(some, a, b + 2), DIFFER(some, a, b + 3)
#define TABLE(some, a)                                                                     \
  {                                                                                        \
    FOUR_ENTRIES(some, a, 0), FOUR_ENTRIES(some, a, 4), FOUR_ENTRIES(some, a, 8),          \
        FOUR_ENTRIES(some, a, 12)                                                          \
  }
#define FOUR_TABLES(some, a) TABLE(some, a), TABLE(some, a + 1), TABLE(some, a + 2), TABLE(some, a + 3)
#define TABLES_OF(some) \
  FOUR_TABLES(some, 0), FOUR_TABLES(some, 4), FOUR_TABLES(some, 8), FOUR_TABLES(some, 12)

/* How many differ, [16 * which of four are not 0 + which are negative][four signs of a column]. */
static const uint8_t TABLES[ENTRIES * ENTRIES][ENTRIES] __attribute__((aligned(64))) = {
    TABLES_OF(0),  TABLES_OF(1),  TABLES_OF(2),  TABLES_OF(3),  TABLES_OF(4),  TABLES_OF(5),
    TABLES_OF(6),  TABLES_OF(7),  TABLES_OF(8),  TABLES_OF(9),  TABLES_OF(10), TABLES_OF(11),
    TABLES_OF(12), TABLES_OF(13), TABLES_OF(14), TABLES_OF(15)};

/* Where the tables of 16 bytes of signs begin. */
INLINE void choose_16(__m128i negative, __m128i some, uint16_t *to) {
  const __m128i low = _mm_set1_epi8(15), high = _mm_set1_epi8(-16);
  const __m128i a[2] = {
      _mm_and_si128(_mm_slli_epi16(negative, 4), high), _mm_and_si128(negative, high)};
  const __m128i s[2] = {_mm_and_si128(some, low), _mm_and_si128(_mm_srli_epi16(some, 4), low)};
  const __m128i first[2] = {_mm_unpacklo_epi8(a[0], s[0]), _mm_unpackhi_epi8(a[0], s[0])};
  const __m128i second[2] = {_mm_unpacklo_epi8(a[1], s[1]), _mm_unpackhi_epi8(a[1], s[1])};
  for (int half = 0; half < 2; half++) {
    __m128i *at = (__m128i *)(void *)(to + 16 * half);
    _mm_storeu_si128(at, _mm_unpacklo_epi16(first[half], second[half]));
    _mm_storeu_si128(at + 1, _mm_unpackhi_epi16(first[half], second[half]));
  }
}

/* Fills scratch with where the tables of rows begin, [rows][2 * bytes of a row]. */
static void prepare(const problem *p, int32_t i, int32_t rows) {
  uint16_t *to = (uint16_t *)(void *)p->scratch;
  const __m128i all = _mm_set1_epi8(p->nonzero_step == 0 ? -1 : 0);
  const int64_t bytes = row_bytes(p);
  for (int32_t r = 0; r < rows; r++, to += 2 * bytes) {
    const uint8_t *negative = row(p, i + r);
    const uint8_t *some = negative + p->nonzero_step;
    int64_t b = 0;
    for (; b + 16 <= bytes; b += 16) {
      const __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(negative + b));
      const __m128i s = _mm_loadu_si128((const __m128i *)(const void *)(some + b));
      choose_16(a, _mm_or_si128(s, all), to + 2 * b);
    }
    for (; b < bytes; b += WORD_BYTES) {
      uint16_t words[32];
      const __m128i a = _mm_cvtsi32_si128(load_quad(negative + b));
      const __m128i s = _mm_cvtsi32_si128(load_quad(some + b));
      choose_16(a, _mm_or_si128(s, all), words);
      __builtin_memcpy(to + 2 * b, words, 2 * WORD_BYTES * sizeof *to);
    }
  }
}

INLINE __m256i table(uint16_t at) {
  const uint8_t *from = &TABLES[0][0] + at;
  return _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)(const void *)from));
}

/*
 * Adds the counts of at most COUNTED bytes of each row of a tile to uint16 sums of even and odd
 * columns, [rows][nv][2]; rows and nv are constants.
 */
INLINE void add(
    const uint16_t *a, int64_t stride, const uint8_t *b, int64_t panel, int64_t bytes,
    __m256i *sums, const int rows, const int nv) {
  const __m256i low = _mm256_set1_epi8(15);
  __m256i counts[MR][NV];
  UNROLL
  for (int r = 0; r < rows; r++) {
    UNROLL
    for (int v = 0; v < nv; v++) {
      counts[r][v] = _mm256_setzero_si256();
    }
  }
  for (const uint8_t *end = b + bytes * PANEL; b < end; a += 2, b += PANEL) {
    UNROLL
    for (int half = 0; half < 2; half++) {
      __m256i entries[NV];
      UNROLL
      for (int v = 0; v < nv; v++) {
        const __m256i both = _mm256_loadu_si256((const __m256i *)(const void *)(b + v * panel));
        entries[v] = _mm256_and_si256(half == 0 ? both : _mm256_srli_epi16(both, 4), low);
      }
      UNROLL
      for (int r = 0; r < rows; r++) {
        const __m256i counted = table(a[r * stride + half]);
        UNROLL
        for (int v = 0; v < nv; v++) {
          counts[r][v] = _mm256_add_epi8(counts[r][v], _mm256_shuffle_epi8(counted, entries[v]));
          /* Added one after the other: sums of both halves would need registers more. */
          __asm__("" : "+x"(counts[r][v]));
        }
      }
    }
  }
  UNROLL
  for (int r = 0; r < rows; r++) {
    UNROLL
    for (int v = 0; v < nv; v++, sums += 2) {
      const __m256i even = _mm256_and_si256(counts[r][v], _mm256_set1_epi16(0xff));
      sums[0] = _mm256_add_epi16(sums[0], even);
      sums[1] = _mm256_add_epi16(sums[1], _mm256_srli_epi16(counts[r][v], 8));
    }
  }
}

typedef void adder(
    const uint16_t *a, int64_t stride, const uint8_t *b, int64_t panel, int64_t bytes,
    __m256i *sums);

#define ADDER(rows, nv)                                                                      \
  static void add_##rows##x##nv(                                                             \
      const uint16_t *a, int64_t stride, const uint8_t *b, int64_t panel, int64_t bytes,     \
      __m256i *sums) {                                                                       \
    add(a, stride, b, panel, bytes, sums, rows, nv);                                         \
  }
#define ADDERS(nv) ADDER(1, nv) ADDER(2, nv) ADDER(3, nv) ADDER(4, nv)
ADDERS(1)
ADDERS(2)

static adder *const ADD[NV][MR] = {
    {add_1x1, add_2x1, add_3x1, add_4x1}, {add_1x2, add_2x2, add_3x2, add_4x2}};

/* uint16 sums of even and odd columns to int32 sums of all, added to those that are there. */
INLINE void widen(const __m256i *sums, int32_t *to, int first) {
  const __m256i low = _mm256_unpacklo_epi16(sums[0], sums[1]);
  const __m256i high = _mm256_unpackhi_epi16(sums[0], sums[1]);
  const __m128i eights[4] = {
      _mm256_castsi256_si128(low), _mm256_castsi256_si128(high),
      _mm256_extracti128_si256(low, 1), _mm256_extracti128_si256(high, 1)};
  for (int q = 0; q < 4; q++, to += LANES) {
    const ivec sum = _mm256_cvtepu16_epi32(eights[q]);
    i_store(to, first ? sum : i_add(i_load(to), sum));
  }
}

static void count(
    const problem *p, int32_t i, int32_t j, int32_t rows, int32_t width, int32_t *sums) {
  (void)i;
  const int32_t nv = width > PANEL ? NV : 1;
  const int64_t bytes = row_bytes(p);
  const uint16_t *a = (const uint16_t *)(const void *)p->scratch;
  const uint8_t *b = p->rhs + j * bytes;
  for (int64_t from = 0; from < bytes; from += SUMMED) {
    __m256i shorts[MR * NV * 2];
    for (int32_t s = 0; s < rows * nv * 2; s++) {
      shorts[s] = _mm256_setzero_si256();
    }
    const int64_t to = bytes - from < SUMMED ? bytes : from + SUMMED;
    for (int64_t at = from; at < to; at += COUNTED) {
      const int64_t some = to - at < COUNTED ? to - at : COUNTED;
      ADD[nv - 1][rows - 1](a + 2 * at, 2 * bytes, b + at * PANEL, bytes * PANEL, some, shorts);
    }
    for (int32_t r = 0; r < rows; r++) {
      for (int32_t v = 0; v < nv; v++) {
        widen(shorts + 2 * (r * nv + v), sums + r * NR + v * PANEL, from == 0);
      }
    }
  }
}

B1_BRGEMM(KERNEL)
