#!/usr/bin/env bash
# Rebuilds the checked-in .wasm files of the samples from their C sources, with the C guest toolchain of
# Debian and Ubuntu: clang, wasm-ld (lld), wasi-libc and clang's builtins for wasm32.
#
#   scripts/samples-wasm.sh            rebuild, replace the .wasm files and their SHA256SUMS
#   scripts/samples-wasm.sh --check    rebuild elsewhere and compare; another release of clang or wasi-libc
#                                      makes other bytes, so a difference is news, not necessarily a fault
#
# CLANG names another compiler. Nothing here is needed to build, run or test the project.
set -euo pipefail
cd "$(dirname "$0")/.."

CLANG=${CLANG:-clang}
PACKAGES="clang lld wasi-libc libclang-rt-dev-wasm32"
TARGET=wasm32-wasi
# Debug sections go (wasi-libc's are megabytes); the name section stays, for back traces.
FLAGS="--target=$TARGET -O2 -Wall -Wextra -Werror -Wl,--strip-debug"
# A library has no entry point and, here, no libc.
LIBRARY="-nostdlib -Wl,--no-entry"

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# A program that needs every part of the toolchain: the quickest way to learn whether all are there and fit together.
toolchain_works() {
    printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' >"$out/probe.c"
    "$CLANG" --target=$TARGET "$out/probe.c" -o "$out/probe.wasm" 2>"$out/probe.log"
}

if ! toolchain_works; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing: $PACKAGES"
        apt-get update -q >/dev/null
        # shellcheck disable=SC2086 # a list of packages
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $PACKAGES >/dev/null
    fi
    if ! toolchain_works; then
        echo "The C guest toolchain is missing or incomplete:" >&2
        sed 's/^/    /' "$out/probe.log" >&2
        echo "On Debian or Ubuntu:  sudo apt-get install --no-install-recommends $PACKAGES" >&2
        exit 1
    fi
fi

folder=samples/multi-module
# shellcheck disable=SC2086 # lists of flags
{
    "$CLANG" $FLAGS $LIBRARY $folder/mA.c -o "$out/mA.wasm"
    "$CLANG" $FLAGS $LIBRARY $folder/mB.c -o "$out/mB.wasm"
    "$CLANG" $FLAGS $folder/mC.c -o "$out/mC.wasm"
}
(cd "$out" && chmod 644 m?.wasm && sha256sum mA.wasm mB.wasm mC.wasm >SHA256SUMS)

"$CLANG" --version | head -n 1
if diff "$folder/SHA256SUMS" "$out/SHA256SUMS"; then
    echo "$folder: the same bytes as checked in"
elif [ "${1:-}" = --check ]; then
    echo "$folder: other bytes than checked in" >&2
    exit 1
else
    cp "$out"/m?.wasm "$out/SHA256SUMS" "$folder/"
    echo "$folder: replaced mA.wasm, mB.wasm, mC.wasm and SHA256SUMS"
fi
