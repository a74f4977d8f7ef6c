#!/usr/bin/env bash
# Calls the C library in random sequences, built with sanitizers: see tests/c-api/sequences.c.
#
#   SEQUENCES=100000 SEED=1 scripts/c-fuzz.sh
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
target/release/wamrc tests/c-api/*.wat -o "$folder"
"${CC:-gcc}" -g -std=gnu11 -fsanitize=address,undefined -fno-sanitize-recover=all -Iruntime/c-api/include \
  tests/c-api/sequences.c target/device/libiwasm.a -o "$folder/sequences" -lpthread -ldl -lm -lgcc_s
"$folder/sequences" "$folder" "${SEQUENCES:-100000}" "${SEED:-1}"
