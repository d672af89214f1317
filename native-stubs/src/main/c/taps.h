/* Which taps of a window lie inside the image, along one axis; as dev.lathe.kernel.Window. */
#ifndef LATHE_TAPS_H
#define LATHE_TAPS_H

#include "common.h"

/* The first of the taps that lie inside, of which tap 0 reads position at. */
INLINE int32_t tap_from(int32_t at, int32_t dilation) {
  return at >= 0 ? 0 : (dilation - 1 - at) / dilation;
}

/* Their end. */
INLINE int32_t tap_to(int32_t at, int32_t dilation, int32_t extent, int32_t kernel) {
  const int32_t left = extent - at;
  const int32_t to = left <= 0 ? 0 : (left + dilation - 1) / dilation;
  return to < kernel ? to : kernel;
}

#endif
