#!/usr/bin/env bash
# Installs the commands, the C library and its headers, as `make install` does after it has built them.
#
#   PREFIX=/usr/local DESTDIR= LIBRARIES=target/device COMMANDS=target/release scripts/install.sh
#
# PREFIX is where they will be found, DESTDIR what is put in front of it for packages. Without COMMANDS, only the library.
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-$prefix/lib}
includedir=$prefix/include/iwasm
root=${DESTDIR:-}
libraries=${LIBRARIES:-target/device}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
major=0

install -d "$root$libdir/pkgconfig" "$root$libdir/cmake/libiwasm" "$root$includedir"
install -m 644 runtime/c-api/include/*.h "$root$includedir"
install -m 644 "$libraries/libiwasm.a" "$root$libdir"
install -m 755 "$libraries/libiwasm.so" "$root$libdir/libiwasm.so.$version"
ln -sf "libiwasm.so.$version" "$root$libdir/libiwasm.so.$major"
ln -sf "libiwasm.so.$major" "$root$libdir/libiwasm.so"

cat > "$root$libdir/pkgconfig/libiwasm.pc" <<PC
prefix=$prefix
libdir=$libdir
includedir=$includedir

Name: libiwasm
Description: Loads, links and runs WebAssembly that wamrc has compiled
Version: $version
Libs: -L\${libdir} -liwasm
Libs.private: -lpthread -ldl -lm -lgcc_s
Cflags: -I\${includedir}
PC

cat > "$root$libdir/cmake/libiwasm/libiwasmConfig.cmake" <<CMAKE
# Targets: libiwasm::libiwasm, the shared library, and libiwasm::static.
get_filename_component(_libiwasm_lib "\${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
if(NOT TARGET libiwasm::libiwasm)
  add_library(libiwasm::libiwasm SHARED IMPORTED)
  set_target_properties(libiwasm::libiwasm PROPERTIES
    IMPORTED_LOCATION "\${_libiwasm_lib}/libiwasm.so.$version"
    IMPORTED_SONAME "libiwasm.so.$major"
    INTERFACE_INCLUDE_DIRECTORIES "$includedir")
  add_library(libiwasm::static STATIC IMPORTED)
  set_target_properties(libiwasm::static PROPERTIES
    IMPORTED_LOCATION "\${_libiwasm_lib}/libiwasm.a"
    INTERFACE_LINK_LIBRARIES "pthread;dl;m;gcc_s"
    INTERFACE_INCLUDE_DIRECTORIES "$includedir")
endif()
set(libiwasm_FOUND TRUE)
CMAKE
cat > "$root$libdir/cmake/libiwasm/libiwasmConfigVersion.cmake" <<CMAKE
set(PACKAGE_VERSION "$version")
if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
CMAKE

if [ -n "${COMMANDS:-}" ]; then
  install -d "$root$prefix/bin"
  install -m 755 "$COMMANDS/wamrc" "$COMMANDS/iwasm" "$root$prefix/bin"
  share=$root$prefix/share
  install -d "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" "$share/fish/vendor_completions.d"
  scripts/man.sh "$COMMANDS/wamrc" "compile WebAssembly ahead of time" > "$share/man/man1/wamrc.1"
  scripts/man.sh "$COMMANDS/iwasm" "run precompiled WebAssembly" > "$share/man/man1/iwasm.1"
  for name in wamrc iwasm; do
    scripts/completions.sh "$COMMANDS/$name" bash > "$share/bash-completion/completions/$name"
    scripts/completions.sh "$COMMANDS/$name" zsh > "$share/zsh/site-functions/_$name"
    scripts/completions.sh "$COMMANDS/$name" fish > "$share/fish/vendor_completions.d/$name.fish"
  done
fi
