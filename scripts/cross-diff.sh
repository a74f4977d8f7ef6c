#!/usr/bin/env bash
# Holds the instruction sets against each other: generated sets of modules, compiled to fat artifacts, must do the same on
# all three, to the bit, and wamrc must write the same bytes on all three. Needs scripts/cross-setup.sh to have been run.
#
#   scripts/cross-diff.sh [SETS]     default: 200 sets, of which each is compiled three times on every machine
set -euo pipefail
cd "$(dirname "$0")/.."

sets=${1:-200}
scripts/cross-setup.sh --check || exit 1
. "${CROSS_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/iwasm-cross}/env.sh"
target=${CARGO_TARGET_DIR:-target}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cargo build --quiet --release --locked --workspace --exclude bench --bin isa-diff
"$target/release/isa-diff" make "$folder/x86_64" "$sets"
"$target/release/isa-diff" observe "$folder/x86_64" > "$folder/x86_64.txt"
calls=$(grep -c ') ' "$folder/x86_64.txt")
[ "$calls" -gt "$sets" ] || { echo "cross-diff: only $calls calls in $sets sets" >&2; exit 1; }

for isa in aarch64:aarch64-unknown-linux-gnu riscv64:riscv64gc-unknown-linux-gnu; do
  name=${isa%%:*} triple=${isa#*:}
  export QEMU_LD_PREFIX=/usr/$name-linux-gnu
  CARGO_TARGET_DIR=$target/cross cargo +iwasm-cross build --quiet --release --locked --target "$triple" \
    --workspace --exclude bench --bin isa-diff
  program=$target/cross/$triple/release/isa-diff
  "$program" observe "$folder/x86_64" > "$folder/$name.txt"
  diff -u "$folder/x86_64.txt" "$folder/$name.txt" > "$folder/$name.diff" || {
    echo "cross-diff: $name does something else than x86_64:" >&2
    head -n 40 "$folder/$name.diff" >&2
    exit 1
  }
  "$program" make "$folder/$name" "$sets"
  diff -r "$folder/x86_64" "$folder/$name" >&2 || { echo "cross-diff: wamrc on $name writes other bytes" >&2; exit 1; }
  echo "cross-diff: $name does as x86_64 in $calls calls of $sets sets; its wamrc writes the same $((sets * 3)) sets of bytes"
  rm -rf "${folder:?}/$name"
done
