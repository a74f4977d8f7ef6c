#!/usr/bin/env bash
# Builds iwasm-observe for aarch64 and riscv64, and puts it beside the commands for this machine: it runs artifacts for
# those under an emulator, for `wamrc diff --target` and `night --isa`. Needs scripts/cross-setup.sh to have been run.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/cross-setup.sh --check || exit 1
. "${CROSS_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/iwasm-cross}/env.sh"
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/release"
for isa in aarch64:aarch64-unknown-linux-gnu riscv64:riscv64gc-unknown-linux-gnu; do
  name=${isa%%:*} triple=${isa#*:}
  CARGO_TARGET_DIR=$target/observers cargo +iwasm-cross build --quiet --release --locked --target "$triple" -p iwasm-observe
  cp "$target/observers/$triple/release/iwasm-observe" "$target/release/iwasm-observe-$name"
  echo "cross-observers: $target/release/iwasm-observe-$name"
done
