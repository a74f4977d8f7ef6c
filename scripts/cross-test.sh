#!/usr/bin/env bash
# Builds the tests for another instruction set and runs them here, emulated; shows what each part did and how long it
# took. Needs scripts/cross-setup.sh to have been run.
#
#   scripts/cross-test.sh aarch64|riscv64 [ARGUMENTS OF CARGO TEST]
#
#   scripts/cross-test.sh aarch64                          all tests
#   scripts/cross-test.sh riscv64 -p tests --test spec     one of them
#   QEMU_CPU=cortex-a53 scripts/cross-test.sh aarch64      on another CPU than QEMU's `max`
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
  aarch64) target=aarch64-unknown-linux-gnu ;;
  riscv64) target=riscv64gc-unknown-linux-gnu ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
isa=$1
shift
scripts/cross-setup.sh --check || exit 1
. "${CROSS_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/iwasm-cross}/env.sh"
# A target folder of its own: the compiler is another one.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/cross
export QEMU_LD_PREFIX=/usr/$isa-linux-gnu
# How many times longer than natively anything may take.
export TEST_SLOWNESS=${TEST_SLOWNESS:-25}
[ $# -gt 0 ] || set -- --workspace --exclude bench --lib --bins --tests

cargo +iwasm-cross build --release --locked --target $target --workspace --exclude bench --bins
cargo +iwasm-cross build --release --locked --target $target -p iwasm-c-api --no-default-features --features wasi,standard
cargo +iwasm-cross test --release --locked --target $target --no-fail-fast "$@" 2>&1 |
  awk -v isa=$isa '
    { print; fflush() }
    /^ +Running / { name = $2 == "unittests" ? $3 " of " $4 : $2; sub(/-[0-9a-f]+\)$/, "", name); sub(/\(.*\//, "", name) }
    /^test result: / {
      seconds = $NF; sub(/s$/, "", seconds)
      row[++rows] = sprintf("%-44s %7d %7d %8d %9.1f", name, $4, $6, $8, seconds)
      passed += $4; failed += $6; ignored += $8; time += seconds
    }
    END {
      printf "\n%-44s %7s %7s %8s %9s\n", isa, "passed", "failed", "ignored", "s"
      for (i = 1; i <= rows; i++) print row[i]
      printf "%-44s %7d %7d %8d %9.1f\n", "all", passed, failed, ignored, time
    }'
