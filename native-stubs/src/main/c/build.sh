#!/bin/sh
# Compiles the native library for the platforms it has kernels and compilers for.
#
#   build.sh SOURCES CLASSES [CC]
#
# SOURCES  the folder of this script; a kernel's suffix __<isa> names the platform it is for and the
#          flags it is compiled with
# CLASSES  gets dev/lathe/stubs/<os>-<arch>/liblathe.so and its SHA-256, unless both are up to date
# CC       the compiler for this machine; else $CC, cc, gcc or clang, whichever is found first. For
#          the other architecture it is <arch>-linux-gnu-gcc
#
# Without a compiler that knows the flags it says so in one line, leaves no library for that
# platform, and exits with 0.
set -eu

sources=$1 classes=$2 cc=${3:-${CC:-}}
os=$(uname -s | tr '[:upper:]' '[:lower:]') here=$(uname -m)

# No libc is needed, so the library loads under glibc and musl alike. Without -ffp-contract=off the
# epilogue would round differently from plain Java.
common="-std=c17 -O3 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -fno-stack-protector
  -fno-asynchronous-unwind-tables -ffreestanding -ffp-contract=off"
link="-shared -nostdlib -Wl,--no-undefined -Wl,-z,noexecstack -Wl,-z,relro -Wl,-z,now
  -Wl,--build-id=none -s"

# The flags of an instruction set, after its architecture.
isa() {
  case $1 in
    avx2) echo x86_64 -mavx2 -mfma ;;
    avxvnni) echo x86_64 -mavx2 -mfma -mavxvnni ;;
    avx512vnni) echo x86_64 -mavx512f -mavx512bw -mavx512vl -mavx512vnni ;;
    avx512popcnt)
      echo x86_64 -mavx512f -mavx512bw -mavx512vl -mavx512vnni -mavx512vpopcntdq
      ;;
    amxbf16) echo x86_64 -mavx2 -mfma -mamx-tile -mamx-bf16 ;;
    amx) echo x86_64 -mavx512f -mavx512bw -mavx512vl -mavx512vnni -mamx-tile -mamx-int8 ;;
    neondot) echo aarch64 -march=armv8.2-a+dotprod ;;
    neoni8mm) echo aarch64 -march=armv8.2-a+dotprod+i8mm ;;
    *) echo any ;;
  esac
}

found() { command -v "${1:-none}" > /dev/null 2>&1; }

# compiler ARCH: its name, or nothing.
compiler() {
  if [ "$1" = "$here" ]; then
    set -- $cc cc gcc clang
  else
    set -- "$1-linux-gnu-gcc"
  fi
  for candidate; do
    if found "$candidate"; then
      echo "$candidate"
      return
    fi
  done
}

# compile COMPILER SOURCE OBJECT FLAGS...
compile() {
  program=$1 input=$2 output=$3
  shift 3
  # shellcheck disable=SC2086 # a list of words
  "$program" $common "$@" -c "$input" -o "$output"
}

skip() {
  rm -rf "${library%/*}"
  echo "native stubs: $platform skipped, $1; everything works without, on the Vector API"
}

# library ARCH
library() {
  arch=$1 platform=$os-$1
  library=$classes/dev/lathe/stubs/$platform/liblathe.so
  if [ -f "$library.sha256" ] &&
    [ -z "$(find "$sources" -newer "$library.sha256" -type f)" ]; then
    return
  fi
  with=$(compiler "$arch")
  if [ -z "$with" ]; then
    skip "no C compiler found ($([ "$arch" = "$here" ] && echo cc, gcc, clang || echo "$arch-linux-gnu-gcc"))"
    return
  fi
  objects=
  for source in "$sources"/*.c; do
    name=$(basename "$source" .c)
    # shellcheck disable=SC2046 # a list of words
    set -- $(isa "${name##*__}")
    [ "$1" = any ] || [ "$1" = "$arch" ] || continue
    shift
    echo 'int lathe_probe;' > "$work/probe.c"
    if ! compile "$with" "$work/probe.c" "$work/probe.o" "$@" 2> /dev/null; then
      skip "$with does not know $*"
      return
    fi
    compile "$with" "$source" "$work/$name.o" "$@"
    objects="$objects $work/$name.o"
  done
  # shellcheck disable=SC2086 # lists of words
  "$with" $link $objects -o "$work/liblathe.so"
  mkdir -p "${library%/*}"
  sum=$(sha256sum < "$work/liblathe.so")
  cp "$work/liblathe.so" "$library"
  printf '%s\n' "${sum%% *}" > "$library.sha256"
  echo "native stubs: $platform compiled with $with"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "$os" != linux ] || ! found sha256sum; then
  rm -rf "$classes/dev/lathe/stubs"
  echo "native stubs: skipped, they need Linux and sha256sum; everything works without"
  exit 0
fi
library x86_64
library aarch64
