#!/usr/bin/env bash
# Holds the instruction sets against each other: generated sets of modules, compiled to fat artifacts, must do the same on
# all three, to the bit, and wamrc must write the same bytes on all three. Needs scripts/cross-setup.sh to have been run.
#
#   scripts/cross-diff.sh [SETS]     default: 200 sets, of which each is compiled three times on every machine
set -euo pipefail
cd "$(dirname "$0")/.."

sets=${1:-200}
stack=268435456
scripts/cross-setup.sh --check || exit 1
. "${CROSS_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/iwasm-cross}/env.sh"
target=${CARGO_TARGET_DIR:-target}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

build() { cargo "$@" --quiet --release --locked --workspace --exclude bench --bin isa-diff --bin iwasm-observe; }
build build
"$target/release/isa-diff" "$folder/x86_64" "$sets"
"$target/release/iwasm-observe" --stack-size "$stack" "$folder/x86_64"/* > "$folder/x86_64.txt"
calls=$(grep -o '"Called":' "$folder/x86_64.txt" | wc -l)
[ "$calls" -gt "$sets" ] || { echo "cross-diff: only $calls calls in $sets sets" >&2; exit 1; }

for isa in aarch64:aarch64-unknown-linux-gnu riscv64:riscv64gc-unknown-linux-gnu; do
  name=${isa%%:*} triple=${isa#*:}
  export QEMU_LD_PREFIX=/usr/$name-linux-gnu
  CARGO_TARGET_DIR=$target/cross build +iwasm-cross build --target "$triple"
  programs=$target/cross/$triple/release
  "$programs/iwasm-observe" --stack-size "$stack" "$folder/x86_64"/* > "$folder/$name.txt"
  # A line is a set.
  if ! diff <(nl -ba "$folder/x86_64.txt") <(nl -ba "$folder/$name.txt") > "$folder/$name.diff"; then
    echo "cross-diff: $name does something else than x86_64 in $(grep -c '^<' "$folder/$name.diff") sets:" >&2
    head -n 4 "$folder/$name.diff" | cut -c 1-2000 >&2
    exit 1
  fi
  "$programs/isa-diff" "$folder/$name" "$sets"
  diff -r "$folder/x86_64" "$folder/$name" >&2 || { echo "cross-diff: wamrc on $name writes other bytes" >&2; exit 1; }
  echo "cross-diff: $name does as x86_64 in $calls calls of $sets sets; its wamrc writes the same $((sets * 3)) sets of bytes"
  rm -rf "${folder:?}/$name"
done
