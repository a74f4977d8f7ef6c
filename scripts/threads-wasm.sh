#!/usr/bin/env bash
# Rebuilds tests/threads/hammer.wasm from C, with clang for wasm32 and wasm-ld (Debian and Ubuntu: clang, lld). It needs no
# libc. With --check, compares instead; another release of clang makes other bytes, so a difference is news, not
# necessarily a fault. Nothing here is needed to build, run or test the project.
set -euo pipefail
cd "$(dirname "$0")/../tests/threads"

CLANG=${CLANG:-clang}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

"$CLANG" --target=wasm32 -O2 -Wall -Wextra -Werror -matomics -mbulk-memory -nostdlib \
    -Wl,--no-entry -Wl,--shared-memory -Wl,--initial-memory=262144 -Wl,--max-memory=6553600 -Wl,--strip-debug \
    hammer.c start.s -o "$out/hammer.wasm"
chmod 644 "$out/hammer.wasm"

if cmp -s "$out/hammer.wasm" hammer.wasm; then
    echo "tests/threads/hammer.wasm: the same bytes as checked in"
elif [ "${1:-}" = --check ]; then
    echo "tests/threads/hammer.wasm: other bytes than checked in" >&2
    exit 1
else
    cp "$out/hammer.wasm" hammer.wasm
    echo "tests/threads/hammer.wasm: replaced"
fi
