#!/usr/bin/env bash
# Calls the C library in random sequences, built with sanitizers: see tests/c-api/sequences.c.
#
#   TARGET=target SEQUENCES=100000 SEED=1 scripts/c-fuzz.sh
#
# TARGET has the command and the library, as `make build library` makes them.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${TARGET:-target}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$target/release/wamrc" tests/c-api/*.wat -o "$folder"
"${CC:-gcc}" -g -std=gnu11 -fsanitize=address,undefined -fno-sanitize-recover=all -Iruntime/c-api/include \
  tests/c-api/sequences.c "$target/device/libiwasm.a" -o "$folder/sequences" -lpthread -ldl -lm
"$folder/sequences" "$folder" "${SEQUENCES:-100000}" "${SEED:-1}"
