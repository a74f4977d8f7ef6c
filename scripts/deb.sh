#!/usr/bin/env bash
# Makes a Debian package of what `make install` installs, in target/: for this machine's architecture.
#
#   LIBRARIES=target/device COMMANDS=target/device scripts/deb.sh
#
# What it needs of glibc is what the files in it say, as dpkg-shlibdeps would find.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v dpkg-deb > /dev/null || { echo "deb.sh: there is no dpkg-deb: this is no Debian" >&2; exit 1; }
: "${COMMANDS:?says where wamrc and iwasm are}"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
architecture=$(dpkg --print-architecture)
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT

chmod 755 "$staged"
DESTDIR=$staged PREFIX=/usr LIBDIR=/usr/lib scripts/install.sh
install -d "$staged/DEBIAN" "$staged/usr/share/doc/iwasm"
install -m 644 README.md CHANGELOG.md "$staged/usr/share/doc/iwasm"
install -m 644 LICENSE "$staged/usr/share/doc/iwasm/copyright"
glibc=$(grep -aohE 'GLIBC_2\.[0-9]+' "$staged"/usr/bin/* "$staged"/usr/lib/libiwasm.so | sort -Vu | tail -n 1)
# The compact form of relocations is named, not numbered.
if grep -aq GLIBC_ABI_DT_RELR "$staged"/usr/bin/* "$staged"/usr/lib/libiwasm.so; then
  glibc=$(printf '%s\nGLIBC_2.36\n' "$glibc" | sort -V | tail -n 1)
fi
install -m 644 /dev/stdin "$staged/DEBIAN/control" <<CONTROL
Package: iwasm
Version: $version
Architecture: $architecture
Maintainer: The iwasm developers <iwasm@localhost>
Section: devel
Priority: optional
Depends: libc6 (>= ${glibc#GLIBC_}), libgcc-s1
Installed-Size: $(du -sk "$staged/usr" | cut -f1)
Description: WebAssembly compiled ahead of time
 wamrc compiles WebAssembly modules to native code; iwasm, and the library
 libiwasm, load sets of them, link them by name and run them.
CONTROL
echo "activate-noawait ldconfig" | install -m 644 /dev/stdin "$staged/DEBIAN/triggers"
package=target/iwasm_${version}_$architecture.deb
mkdir -p target
dpkg-deb --root-owner-group --build "$staged" "$package" > /dev/null
echo "$package"
