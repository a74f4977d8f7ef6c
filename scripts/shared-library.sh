#!/usr/bin/env bash
# Links the shared library from the archive: with the name that programs ask for, and a version for each function.
#
#   CC=aarch64-linux-gnu-gcc LDFLAGS= scripts/shared-library.sh target/device
#
# FOLDER has libiwasm.a and gets libiwasm.so. What it exports is what the headers declare, and nothing else: rustc, which
# could link it as well, gives no versions. A function that wasm_export.h declares and the archive lacks is an error;
# those of wasm.h may be absent together, in a library that was built without.
set -euo pipefail
# comm wants one order.
export LC_ALL=C

# The version of all functions there are. It stays theirs when the library's version changes; functions that are added
# after a release get a newer one, behind this. The soname changes when programs would have to be built again.
NODE=IWASM_0.1
SONAME=libiwasm.so.0

[ $# = 1 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
folder=$1
include=$(cd "$(dirname "$0")/../runtime/c-api/include" && pwd)
# Both may have words: a wrapper, a sysroot.
read -ra cc <<< "${CC:-cc}"
read -ra ldflags <<< "${LDFLAGS:-}"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

# Names of the functions that a header declares for export, in the forms of both of WAMR's ages.
declared() {
  local form
  for form in -UWASM_RUNTIME_API_2 -DWASM_RUNTIME_API_2; do
    "${cc[@]}" -E -P "$form" -DWASM_RUNTIME_API_EXTERN=_exported_ -DWASM_API_EXTERN=_exported_ "$include/$1"
  done | tr '\n' ' ' | tr ';{}' '\n\n\n' | sed -nE 's/^.*_exported_ [^(]*[ *]([A-Za-z_][A-Za-z0-9_]*) *\(.*$/\1/p' | sort -u
}
nm=$("${cc[@]}" -print-prog-name=nm)
# It says of some members that they have no symbols. If it fails, all is missing.
{ "$nm" --defined-only --extern-only "$folder/libiwasm.a" 2> /dev/null || true; } |
  awk 'NF == 3 { print $3 }' | sort -u > "$made/defined"
declared wasm_export.h > "$made/own"
declared wasm.h > "$made/standard"
if [ -z "$(comm -12 "$made/standard" "$made/defined")" ]; then
  : > "$made/standard"
fi
sort -u "$made/own" "$made/standard" > "$made/names"
missing=$(comm -23 "$made/names" "$made/defined")
if [ -z "$(cat "$made/own")" ] || [ -n "$missing" ]; then
  echo "shared-library.sh: declared, but not in $folder/libiwasm.a:" ${missing:-everything} >&2
  exit 1
fi
{
  echo "$NODE {"
  echo "  global:"
  sed 's/.*/    &;/' "$made/names"
  echo "  local: *;"
  echo "};"
} > "$made/versions"
sed 's/^/-Wl,--undefined=/' "$made/names" > "$made/wanted"

# The unwinder's function that the feature no-symbolizer replaces, for this library and not for who is linked with it.
if grep -qx _Unwind_Backtrace "$made/defined"; then
  objcopy=$("${cc[@]}" -print-prog-name=objcopy)
  "$objcopy" --localize-symbol=_Unwind_Backtrace "$folder/libiwasm.a" "$made/libiwasm.a"
  mv "$made/libiwasm.a" "$folder/libiwasm.a"
fi

# Relocations in their compact form, where the linker has it: a seventieth of the library. glibc reads that from 2.36
# on, and says so to those it is too new for; RELR=no is for older ones.
packed=()
echo 'int place; int *pointer = &place;' > "$made/probe.c"
if [ "${RELR:-}" != no ] &&
  said=$("${cc[@]}" ${ldflags[@]+"${ldflags[@]}"} -shared -fPIC -Wl,-z,pack-relative-relocs \
    "$made/probe.c" -o "$made/probe.so" 2>&1) && [ -z "$said" ]; then
  packed=(-Wl,-z,pack-relative-relocs)
fi
"${cc[@]}" -shared -o "$made/libiwasm.so" "@$made/wanted" -Wl,--version-script="$made/versions" -Wl,-soname,$SONAME \
  -Wl,--gc-sections -Wl,--hash-style=gnu -Wl,--as-needed -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,-z,defs \
  -Wl,--strip-all ${ldflags[@]+"${ldflags[@]}"} ${packed[@]+"${packed[@]}"} "$folder/libiwasm.a" -lgcc_s -lpthread -ldl -lm -lc
chmod 755 "$made/libiwasm.so"
mv "$made/libiwasm.so" "$folder/libiwasm.so"
