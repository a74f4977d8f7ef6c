#!/usr/bin/env bash
# Makes a Debian package of what `make install` installs, in target/: for this machine's architecture.
#
#   LIBRARIES=target/device COMMANDS=target/device scripts/deb.sh
set -euo pipefail
cd "$(dirname "$0")/.."

command -v dpkg-deb > /dev/null || { echo "deb.sh: there is no dpkg-deb: this is no Debian" >&2; exit 1; }
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
architecture=$(dpkg --print-architecture)
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT

DESTDIR=$staged PREFIX=/usr scripts/install.sh
install -d "$staged/DEBIAN" "$staged/usr/share/doc/iwasm"
install -m 644 README.md CHANGELOG.md "$staged/usr/share/doc/iwasm"
cat > "$staged/DEBIAN/control" <<CONTROL
Package: iwasm
Version: $version
Architecture: $architecture
Maintainer: The iwasm developers <iwasm@localhost>
Section: devel
Priority: optional
Depends: libc6, libgcc-s1
Installed-Size: $(du -sk "$staged/usr" | cut -f1)
Description: WebAssembly compiled ahead of time
 wamrc compiles WebAssembly modules to native code; iwasm, and the library
 libiwasm, load sets of them, link them by name and run them.
CONTROL
printf '#!/bin/sh\nset -e\nldconfig\n' > "$staged/DEBIAN/postinst"
chmod 755 "$staged/DEBIAN/postinst"
package=target/iwasm_${version}_$architecture.deb
mkdir -p target
dpkg-deb --root-owner-group --build "$staged" "$package" > /dev/null
echo "$package"
