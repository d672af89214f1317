/*
 * Executes the int8 and bf16 instructions of AMX on x86-64 processors without AMX, for tests: they raise SIGILL
 * there, and the handler does to the tiles of the thread what amx_tiles.h says. A processor with AMX
 * executes them itself and the handler is never called.
 *
 *   VEX.128.0F38.W0  49  ldtilecfg, sttilecfg, tilerelease, tilezero
 *                    4B  tileloadd, tileloaddt1, tilestored
 *                    5C  tdpbf16ps
 *                    5E  tdpbssd, tdpbsud, tdpbusd, tdpbuud
 *
 * What the processor would refuse ends the process with a message. Any other instruction goes to the
 * handler that was there before.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

#include "amx_tiles.h"

/* Bits pp of the VEX prefix. */
enum { NONE, P66, PF3, PF2 };

/* Fields of an instruction. */
typedef struct {
  int length, prefix, opcode, mod, reg, rm, vvvv;
  uintptr_t address; /* of its memory operand, less the index where rows are addressed */
  int64_t index;     /* times scale */
} instruction;

static _Thread_local int64_t executed;
static struct sigaction before;

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

/* Executes it; 0 when it is no instruction of AMX. */
static int execute(const instruction *in) {
  const int memory = in->mod != 3;
  if (in->opcode == 0x5e && !memory) {
    amx_multiply(
        in->reg, in->rm, in->vvvv, in->prefix == PF2 || in->prefix == PF3,
        in->prefix == PF2 || in->prefix == P66);
    return 1;
  }
  if (in->opcode == 0x5c && !memory && in->prefix == PF3) {
    amx_multiply_bf16(in->reg, in->rm, in->vvvv);
    return 1;
  }
  if (in->vvvv != 0) {
    return 0;
  }
  if (in->opcode == 0x4b && memory && in->rm == 4 && in->prefix != NONE) {
    if (in->prefix == PF3) {
      amx_store(in->reg, in->address, in->index);
    } else {
      amx_load(in->reg, in->address, in->index);
    }
    return 1;
  }
  if (in->opcode != 0x49) {
    return 0;
  }
  if (memory && in->reg == 0 && in->prefix == NONE) {
    amx_configure((const void *)(in->address + (uintptr_t)in->index));
  } else if (memory && in->reg == 0 && in->prefix == P66) {
    memcpy((void *)(in->address + (uintptr_t)in->index), &amx_here.config, sizeof amx_here.config);
  } else if (!memory && in->reg == 0 && in->rm == 0 && in->prefix == NONE) {
    amx_release();
  } else if (!memory && in->rm == 0 && in->prefix == PF2) {
    amx_check(in->reg);
    memset(amx_here.tile[in->reg], 0, sizeof amx_here.tile[in->reg]);
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
    executed++;
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
int64_t amx_emulator_executed(void) { return executed; }

/* Whether this thread has tiles configured. */
int32_t amx_emulator_has_live_tiles(void) { return amx_here.config.palette != 0; }
