/*
 * Executes the int8 AMX instructions on x86-64 processors without AMX, for tests: they raise SIGILL
 * there, and the handler does what the Intel SDM (volume 2, "Intel AMX instructions") says, on
 * tiles of the thread. A processor with AMX executes them itself and the handler is never called.
 *
 *   VEX.128.0F38.W0  49  ldtilecfg, sttilecfg, tilerelease, tilezero
 *                    4B  tileloadd, tileloaddt1, tilestored
 *                    5E  tdpbssd, tdpbsud, tdpbusd, tdpbuud
 *
 * What the processor would refuse ends the process with a message. Any other instruction goes to the
 * handler that was there before.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum { TILES = 8, ROWS = 16, ROW_BYTES = 64 };

/* Bits pp of the VEX prefix. */
enum { NONE, P66, PF3, PF2 };

typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} configuration;

typedef struct {
  configuration config; /* palette 0: no tiles are in use */
  uint8_t tile[TILES][ROWS][ROW_BYTES];
  int64_t executed;
} state;

/* Fields of an instruction. */
typedef struct {
  int length, prefix, opcode, mod, reg, rm, vvvv;
  uintptr_t address; /* of its memory operand, less the index where rows are addressed */
  int64_t index;     /* times scale */
} instruction;

static _Thread_local state here;
static struct sigaction before;

static void refuse(const char *why) {
  static const char who[] = "amx_emulator: the processor would refuse this: ";
  if (write(2, who, sizeof who - 1) < 0 || write(2, why, strlen(why)) < 0 || write(2, "\n", 1) < 0) {
    _exit(3);
  }
  abort();
}

static void require(int holds, const char *why) {
  if (!holds) {
    refuse(why);
  }
}

/* The value of general register number, in the order of instructions' encoding. */
static int64_t general(const ucontext_t *context, int number) {
  static const int order[16] = {
      REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
      REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  return context->uc_mcontext.gregs[order[number]];
}

static int32_t displacement(const uint8_t *code) {
  int32_t value;
  memcpy(&value, code, sizeof value);
  return value;
}

/* Decodes a three-byte VEX instruction of map 0F38, W0, 128 bits; 0 when code is none. */
static int decode(const uint8_t *code, const ucontext_t *context, instruction *to) {
  if (code[0] != 0xc4 || (code[1] & 0x1f) != 2 || (code[2] & 0x84) != 0) {
    return 0;
  }
  const int x = code[1] & 0x40 ? 0 : 8;
  const int b = code[1] & 0x20 ? 0 : 8;
  to->prefix = code[2] & 3;
  to->vvvv = ~code[2] >> 3 & 15;
  to->opcode = code[3];
  to->mod = code[4] >> 6;
  to->reg = (code[4] >> 3 & 7) | (code[1] & 0x80 ? 0 : 8);
  to->rm = code[4] & 7;
  int at = 5;
  int64_t base;
  if (to->mod == 3) {
    to->rm |= b;
    to->length = at;
    return 1;
  }
  if (to->rm == 4) {
    const int sib = code[at++];
    const int index = (sib >> 3 & 7) | x;
    if (index != 4) {
      to->index = (int64_t)((uint64_t)general(context, index) << (sib >> 6));
    }
    if ((sib & 7) == 5 && to->mod == 0) {
      base = displacement(code + at);
      at += 4;
    } else {
      base = general(context, (sib & 7) | b);
    }
  } else if (to->rm == 5 && to->mod == 0) {
    base = (int64_t)(uintptr_t)(code + at + 4) + displacement(code + at);
    at += 4;
  } else {
    base = general(context, to->rm | b);
  }
  if (to->mod == 1) {
    base += (int8_t)code[at++];
  } else if (to->mod == 2) {
    base += displacement(code + at);
    at += 4;
  }
  to->address = (uintptr_t)base;
  to->length = at;
  return 1;
}

static void release(void) {
  memset(&here.config, 0, sizeof here.config);
  memset(here.tile, 0, sizeof here.tile);
}

static void load_configuration(const void *from) {
  configuration c;
  memcpy(&c, from, sizeof c);
  release();
  if (c.palette == 0) {
    return;
  }
  require(c.palette == 1, "ldtilecfg of an unknown palette");
  for (size_t i = 0; i < sizeof c.reserved; i++) {
    require(c.reserved[i] == 0, "ldtilecfg with reserved bytes that are not 0");
  }
  for (int i = 0; i < 16; i++) {
    require(i < TILES || (c.rows[i] == 0 && c.row_bytes[i] == 0), "ldtilecfg of a ninth tile");
    require(c.rows[i] <= ROWS && c.row_bytes[i] <= ROW_BYTES, "ldtilecfg of a tile too large");
    require((c.rows[i] == 0) == (c.row_bytes[i] == 0), "ldtilecfg of half a size");
  }
  require(c.start_row == 0, "ldtilecfg with a start row, as if a load had been interrupted");
  here.config = c;
}

static void check_tile(int number) {
  require(here.config.palette == 1, "a tile before ldtilecfg or after tilerelease");
  require(number < TILES && here.config.rows[number] > 0, "a tile that is not configured");
}

static void load_tile(const instruction *in) {
  check_tile(in->reg);
  memset(here.tile[in->reg], 0, sizeof here.tile[in->reg]);
  for (int r = 0; r < here.config.rows[in->reg]; r++) {
    const void *from = (const void *)(in->address + (uintptr_t)(r * in->index));
    memcpy(here.tile[in->reg][r], from, here.config.row_bytes[in->reg]);
  }
}

static void store_tile(const instruction *in) {
  check_tile(in->reg);
  for (int r = 0; r < here.config.rows[in->reg]; r++) {
    void *to = (void *)(in->address + (uintptr_t)(r * in->index));
    memcpy(to, here.tile[in->reg][r], here.config.row_bytes[in->reg]);
  }
}

static int32_t factor(uint8_t byte, int is_signed) { return is_signed ? (int8_t)byte : byte; }

/* sums += left * right, of which each may be signed. */
static void multiply(int sums, int left, int right, int left_signed, int right_signed) {
  const configuration *c = &here.config;
  check_tile(sums);
  check_tile(left);
  check_tile(right);
  require(sums != left && sums != right && left != right, "a product of tiles that are the same");
  require(c->row_bytes[sums] % 4 == 0 && c->row_bytes[left] % 4 == 0, "a product of partial quads");
  require(c->rows[sums] == c->rows[left], "a product of tiles of different rows");
  require(c->row_bytes[sums] == c->row_bytes[right], "a product of tiles of different columns");
  require(c->row_bytes[left] / 4 == c->rows[right], "a product of tiles of different depth");
  for (int m = 0; m < c->rows[sums]; m++) {
    uint32_t row[ROW_BYTES / 4]; /* sums wrap */
    memcpy(row, here.tile[sums][m], sizeof row);
    for (int k = 0; k < c->rows[right]; k++) {
      const uint8_t *a = here.tile[left][m] + 4 * k;
      for (int n = 0; n < c->row_bytes[sums] / 4; n++) {
        const uint8_t *b = here.tile[right][k] + 4 * n;
        for (int q = 0; q < 4; q++) {
          row[n] += (uint32_t)(factor(a[q], left_signed) * factor(b[q], right_signed));
        }
      }
    }
    memcpy(here.tile[sums][m], row, sizeof row);
  }
}

/* Executes it; 0 when it is no instruction of AMX. */
static int execute(const instruction *in) {
  const int memory = in->mod != 3;
  if (in->opcode == 0x5e && !memory) {
    multiply(
        in->reg, in->rm, in->vvvv, in->prefix == PF2 || in->prefix == PF3,
        in->prefix == PF2 || in->prefix == P66);
    return 1;
  }
  if (in->vvvv != 0) {
    return 0;
  }
  if (in->opcode == 0x4b && memory && in->rm == 4 && in->prefix != NONE) {
    if (in->prefix == PF3) {
      store_tile(in);
    } else {
      load_tile(in);
    }
    return 1;
  }
  if (in->opcode != 0x49) {
    return 0;
  }
  if (memory && in->reg == 0 && in->prefix == NONE) {
    load_configuration((const void *)(in->address + (uintptr_t)in->index));
  } else if (memory && in->reg == 0 && in->prefix == P66) {
    memcpy((void *)(in->address + (uintptr_t)in->index), &here.config, sizeof here.config);
  } else if (!memory && in->reg == 0 && in->rm == 0 && in->prefix == NONE) {
    release();
  } else if (!memory && in->rm == 0 && in->prefix == PF2) {
    check_tile(in->reg);
    memset(here.tile[in->reg], 0, sizeof here.tile[in->reg]);
  } else {
    return 0;
  }
  return 1;
}

static void pass_on(int number, siginfo_t *info, void *context) {
  if (before.sa_flags & SA_SIGINFO) {
    before.sa_sigaction(number, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(number);
  } else {
    sigaction(number, &before, NULL); /* which the instruction then meets */
  }
}

static void illegal(int number, siginfo_t *info, void *pointer) {
  ucontext_t *context = pointer;
  greg_t *next = &context->uc_mcontext.gregs[REG_RIP];
  instruction in = {0};
  if (decode((const uint8_t *)(uintptr_t)*next, context, &in) && execute(&in)) {
    *next += in.length;
    here.executed++;
  } else {
    pass_on(number, info, pointer);
  }
}

/* From now on the process executes AMX. Returns 0, or -1 when the handler could not be set. */
int32_t amx_emulator_install(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = illegal;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK | SA_RESTART;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGILL, &action, &before);
}

/* Instructions of this thread that were emulated. */
int64_t amx_emulator_executed(void) { return here.executed; }

/* Whether this thread has tiles configured. */
int32_t amx_emulator_has_live_tiles(void) { return here.config.palette != 0; }
