#!/bin/sh
# Compiles the kernels to the .wasm files beside them, which are checked in: running the benchmark
# needs no C compiler. Needs clang and lld with the wasm32 target.
set -eu
cd "$(dirname "$0")"
for source in *.c; do
    clang --target=wasm32 -O2 -mbulk-memory -nostdlib -fno-builtin -Wall -Wl,--no-entry -Wl,--strip-all \
        -o "${source%.c}.wasm" "$source"
done
