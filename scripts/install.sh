#!/usr/bin/env bash
# Installs the commands, the C library and its headers, as `make install` does after it has built them.
#
#   PREFIX=/usr/local DESTDIR= LIBDIR=/usr/local/lib LIBRARIES=target/device COMMANDS=target/device scripts/install.sh
#
# PREFIX is where they will be found, DESTDIR what is put in front of it for packages. Without COMMANDS, only the library.
# What is installed can be moved as a whole: the packages for CMake and pkg-config find the rest from where they are
# (`pkg-config --define-prefix`).
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-$prefix/lib}
include=$prefix/include/iwasm
root=${DESTDIR:-}
libraries=${LIBRARIES:-target/device}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
major=0
case $prefix$libdir in *'"'* | *'\'* | *'$'*) echo "install.sh: a path with quotes, backslashes or dollars" >&2; exit 1 ;; esac
case $prefix:$libdir in /*:/*) ;; *) echo "install.sh: PREFIX and LIBDIR begin with a slash" >&2; exit 1 ;; esac

# Writes a file that anybody may read.
write() { install -m 644 /dev/stdin "$1"; }
# A folder below the prefix, as pkg-config has it.
below() { case $1 in "$prefix"/*) printf '${prefix}/%s' "${1#"$prefix"/}" ;; *) printf '%s' "$1" ;; esac; }

install -d "$root$libdir/pkgconfig" "$root$libdir/cmake/libiwasm" "$root$include"
install -m 644 runtime/c-api/include/lib_export.h runtime/c-api/include/wasm_export.h "$root$include"
# A library may have been built without the standard interface.
if grep -q wasm_engine_new "$libraries/libiwasm.so"; then
  install -m 644 runtime/c-api/include/wasm.h "$root$include"
fi
install -m 644 "$libraries/libiwasm.a" "$root$libdir"
install -m 755 "$libraries/libiwasm.so" "$root$libdir/libiwasm.so.$version"
ln -sfn "libiwasm.so.$version" "$root$libdir/libiwasm.so.$major"
ln -sfn "libiwasm.so.$major" "$root$libdir/libiwasm.so"

write "$root$libdir/pkgconfig/libiwasm.pc" <<PC
prefix=$prefix
libdir=$(below "$libdir")
includedir=$(below "$include")

Name: libiwasm
Description: Loads, links and runs WebAssembly that wamrc has compiled
Version: $version
Libs: -L"\${libdir}" -liwasm
Libs.private: -lpthread -ldl -lm
Cflags: -I"\${includedir}"
PC

write "$root$libdir/cmake/libiwasm/libiwasmConfig.cmake" <<CMAKE
# Targets: libiwasm::libiwasm, the shared library, and libiwasm::static.
get_filename_component(_libiwasm_lib "\${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
get_filename_component(_libiwasm_include "\${_libiwasm_lib}/$(realpath -m --relative-to="$libdir" "$include")" ABSOLUTE)
if(NOT TARGET libiwasm::libiwasm)
  add_library(libiwasm::libiwasm SHARED IMPORTED)
  set_target_properties(libiwasm::libiwasm PROPERTIES
    IMPORTED_LOCATION "\${_libiwasm_lib}/libiwasm.so.$version"
    IMPORTED_SONAME "libiwasm.so.$major"
    INTERFACE_INCLUDE_DIRECTORIES "\${_libiwasm_include}")
  add_library(libiwasm::static STATIC IMPORTED)
  set_target_properties(libiwasm::static PROPERTIES
    IMPORTED_LOCATION "\${_libiwasm_lib}/libiwasm.a"
    INTERFACE_LINK_LIBRARIES "pthread;dl;m"
    INTERFACE_INCLUDE_DIRECTORIES "\${_libiwasm_include}")
endif()
unset(_libiwasm_lib)
unset(_libiwasm_include)
CMAKE
# As long as the major version is the same, what a program was built for is still there.
write "$root$libdir/cmake/libiwasm/libiwasmConfigVersion.cmake" <<CMAKE
set(PACKAGE_VERSION "$version")
set(PACKAGE_VERSION_COMPATIBLE FALSE)
if(NOT PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION AND "\${PACKAGE_FIND_VERSION_MAJOR}" MATCHES "^(${version%%.*})?\$")
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
CMAKE

if [ -n "${COMMANDS:-}" ]; then
  install -d "$root$prefix/bin"
  install -m 755 "$COMMANDS/wamrc" "$COMMANDS/iwasm" "$root$prefix/bin"
  share=$root$prefix/share
  install -d "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" "$share/fish/vendor_completions.d"
  scripts/man.sh "$COMMANDS/wamrc" "compile WebAssembly ahead of time" | write "$share/man/man1/wamrc.1"
  scripts/man.sh "$COMMANDS/iwasm" "run precompiled WebAssembly" | write "$share/man/man1/iwasm.1"
  for name in wamrc iwasm; do
    scripts/completions.sh "$COMMANDS/$name" bash | write "$share/bash-completion/completions/$name"
    scripts/completions.sh "$COMMANDS/$name" zsh | write "$share/zsh/site-functions/_$name"
    scripts/completions.sh "$COMMANDS/$name" fish | write "$share/fish/vendor_completions.d/$name.fish"
  done
fi
