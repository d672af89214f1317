#!/bin/sh
# Compiles the native library for the platform it runs on.
#
#   build.sh SOURCES CLASSES [CC]
#
# SOURCES  the folder of this script; a kernel's suffix __<isa> names the flags it is compiled with
# CLASSES  gets dev/lathe/stubs/<os>-<arch>/liblathe.so and its SHA-256, unless both are up to date
# CC       the compiler; else $CC, cc, gcc or clang, whichever is found first
#
# Without a compiler that knows the flags it says so in one line, leaves no library, and exits with 0.
set -eu

sources=$1 classes=$2 cc=${3:-${CC:-}}
stubs=$classes/dev/lathe/stubs

skip() {
  rm -rf "$stubs"
  echo "native stubs: skipped, $1; everything works without them, on the Vector API"
  exit 0
}

os=$(uname -s | tr '[:upper:]' '[:lower:]') arch=$(uname -m)
[ "$os-$arch" = linux-x86_64 ] || skip "there are no kernels for $os-$arch yet"

library=$stubs/$os-$arch/liblathe.so
if [ -f "$library.sha256" ] &&
  [ -z "$(find "$sources" -newer "$library.sha256" -type f)" ]; then
  exit 0
fi

for candidate in $cc cc gcc clang; do
  if command -v "$candidate" > /dev/null 2>&1; then
    cc=$candidate
    break
  fi
done
command -v "${cc:-none}" > /dev/null 2>&1 || skip "no C compiler found (cc, gcc, clang)"

# No libc is needed, so the library loads under glibc and musl alike. Without -ffp-contract=off the
# epilogue would round differently from plain Java.
common="-std=c17 -O3 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -fno-stack-protector
  -fno-asynchronous-unwind-tables -ffreestanding -ffp-contract=off"
link="-shared -nostdlib -Wl,--no-undefined -Wl,-z,noexecstack -Wl,-z,relro -Wl,-z,now
  -Wl,--build-id=none -s"

flags() {
  case $1 in
    *__avx512vnni.c) echo "-mavx512f -mavx512bw -mavx512vl -mavx512vnni" ;;
  esac
}

# $common and $(flags) are lists of words.
# shellcheck disable=SC2046,SC2086
compile() {
  objects=
  for source in "$sources"/*.c; do
    object=$work/$(basename "$source" .c).o
    "$cc" $common $(flags "$source") -c "$source" -o "$object"
    objects="$objects $object"
  done
  "$cc" $link $objects -o "$work/liblathe.so"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'int lathe_probe;' > "$work/probe__avx512vnni.c"
# shellcheck disable=SC2046,SC2086
"$cc" $common $(flags "$work/probe__avx512vnni.c") -c "$work/probe__avx512vnni.c" \
  -o "$work/probe.o" 2> /dev/null || skip "$cc does not know the flags of the kernels"
command -v sha256sum > /dev/null || skip "sha256sum not found"
compile
mkdir -p "$(dirname "$library")"
sum=$(sha256sum < "$work/liblathe.so")
cp "$work/liblathe.so" "$library"
printf '%s\n' "${sum%% *}" > "$library.sha256"
echo "native stubs: $os-$arch compiled with $cc"
