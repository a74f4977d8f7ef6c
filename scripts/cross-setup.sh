#!/usr/bin/env bash
# Makes a Debian machine (amd64) able to build this project for aarch64 and riscv64 and to run what was built, from
# Debian's package archive alone. Run it again whenever you like: what is there already is left alone.
#
#   scripts/cross-setup.sh [--check]
#
# --check changes nothing: it says whether all is there, and exits with 1 if not.
#
# What it makes, under CROSS_HOME (default: iwasm-cross in the user's cache folder):
#
#   rust/     a rustc with std for the three instruction sets; rustup knows it as the toolchain `iwasm-cross`
#   qemu/     qemu-aarch64 and qemu-riscv64, static, for user mode
#   env.sh    what cargo needs to know; scripts/cross-test.sh reads it
#
# and on the system: the two gcc cross compilers (for their linker and libc), and a line in the kernel's binfmt_misc
# for each instruction set, so that programs for it start as any other. That line is gone after a reboot.
#
# Why Debian's compiler: rustup's compilers each need the std of exactly their release, which only rustup's servers
# have for other targets. Debian's security archive has a current rustc for building browsers (rustc-web), and the
# same release's std for each of its architectures. riscv64 is one only from Debian 13 on, so its std is from there.
# The packages are unpacked, not installed; neither dpkg nor apt's own configuration is changed.
set -euo pipefail

CROSS_HOME=${CROSS_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/iwasm-cross}
TOOLCHAIN=iwasm-cross
RISCV64_SUITE=trixie

die() { echo "cross-setup: $*" >&2; exit 1; }
say() { echo "cross-setup: $*"; }
debian_arch() { case $1 in aarch64) echo arm64 ;; *) echo "$1" ;; esac; }
rust_target() { case $1 in riscv64) echo riscv64gc-unknown-linux-gnu ;; *) echo "$1-unknown-linux-gnu" ;; esac; }
elf_machine() { case $1 in aarch64) echo b7 ;; riscv64) echo f3 ;; esac; }

is_registered() { [ -e "/proc/sys/fs/binfmt_misc/iwasm-$1" ] || ls /proc/sys/fs/binfmt_misc/qemu-"$1" > /dev/null 2>&1; }
is_complete() {
  [ -e "$CROSS_HOME/complete" ] && command -v aarch64-linux-gnu-gcc riscv64-linux-gnu-gcc > /dev/null &&
    rustup run $TOOLCHAIN rustc --version > /dev/null 2>&1
}
if [ "${1:-}" = --check ]; then
  is_complete || { say "not set up: run scripts/cross-setup.sh"; exit 1; }
  for isa in aarch64 riscv64; do
    is_registered $isa || { say "binfmt_misc has no line for $isa: run scripts/cross-setup.sh"; exit 1; }
  done
  exit 0
fi
[ $# = 0 ] || die "unknown argument $1; there is only --check"

[ "$(dpkg --print-architecture 2> /dev/null)" = amd64 ] || die "made for Debian on amd64"
command -v rustup > /dev/null || die "rustup is not on the PATH"
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo

# Linker, libc and headers for the two.
install_compilers() {
  local wanted=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-riscv64-linux-gnu libc6-dev-riscv64-cross debian-archive-keyring)
  local missing=() package
  for package in "${wanted[@]}" "$@"; do
    dpkg-query --show --showformat '${Status}' "$package" 2> /dev/null | grep -q 'install ok' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  say "installing ${missing[*]}"
  $as_root apt-get -qq -o DPkg::Lock::Timeout=600 update
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=600 --no-install-recommends \
    install "${missing[@]}" > /dev/null
}

# An apt of its own that only downloads: more suites and architectures than the system's.
private_apt() {
  local suite mirror key apt=$CROSS_HOME/apt
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  # Either place may have no file.
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null |
    sed -nE 's#^(deb|URIs:) (.* )?(https?://[^ ]*)/debian/?( .*)?$#\3#p' | head -n 1 || true)
  [ -n "$mirror" ] || die "apt's sources name no Debian mirror"
  key='signed-by=/usr/share/keyrings/debian-archive-keyring.gpg'
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  : > "$apt/status"
  cat > "$apt/sources.list" << LIST
deb [arch=amd64,arm64 $key] $mirror/debian $suite main
deb [arch=amd64,arm64 $key] $mirror/debian-security $suite-security main
deb [arch=amd64 $key] $mirror/debian $suite-backports main
deb [arch=riscv64 $key] $mirror/debian $RISCV64_SUITE main
LIST
  cat > "$apt/apt.conf" << CONF
Dir::State::status "$apt/status";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "amd64";
APT::Architectures { "amd64"; "arm64"; "riscv64"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
CONF
  export APT_CONFIG=$apt/apt.conf
}
# Versions of a package, the newest first.
versions() { apt-cache madison "$1" 2> /dev/null | awk -F' *[|] *' '$3 !~ /Sources/ { print $2 }' | uniq; }
# Downloads a package of a version and unpacks it to a folder.
unpack() {
  local name=$1 version=$2 folder=$3 downloads
  downloads=$(mktemp -d -p "$CROSS_HOME")
  (cd "$downloads" && apt-get -qq download "$name=$version") || die "$name $version cannot be downloaded"
  mkdir -p "$folder"
  dpkg-deb --extract "$downloads"/*.deb "$folder"
  rm -rf "$downloads"
}

make_toolchain() {
  local version release lib llvm parts=$CROSS_HOME/parts rust=$CROSS_HOME/rust isa target std
  version=$(versions rustc-web | head -n 1)
  [ -n "$version" ] || die "the package lists have no rustc-web"
  release=${version%%[+-]*}
  say "rustc $release, Debian's $version"
  rm -rf "$parts" "$rust"
  mkdir -p "$rust/bin" "$rust/lib/rustlib"
  unpack rustc-web "$version" "$parts"
  unpack libstd-rust-web-dev "$version" "$parts"
  lib=$(apt-cache show "libstd-rust-web-dev=$version" | grep -oE 'libstd-rust-web-[0-9.]+' | head -n 1)
  unpack "$lib" "$version" "$parts"
  llvm=$(apt-cache show "$lib=$version" | grep -oE 'libllvm[0-9.]+' | head -n 1)
  (unset APT_CONFIG; install_compilers "$llvm")
  cp "$parts/usr/bin/rustc" "$parts/usr/bin/rustdoc" "$rust/bin/"
  cp "$parts"/usr/lib/x86_64-linux-gnu/librustc_driver-*.so "$rust/lib/"
  cp -r "$parts/usr/lib/rustlib/x86_64-unknown-linux-gnu" "$rust/lib/rustlib/"
  ln -s "$(rustup which cargo)" "$rust/bin/cargo"
  for isa in aarch64 riscv64; do
    target=$(rust_target $isa)
    std=$(versions "libstd-rust-web-dev:$(debian_arch $isa)" | grep -E "^${release//./\\.}[+-]" | head -n 1 || true)
    [ -n "$std" ] || die "Debian has no std $release for $isa yet; try again when the archive has it"
    unpack "libstd-rust-web-dev:$(debian_arch $isa)" "$std" "$CROSS_HOME/std-$isa"
    cp -r "$CROSS_HOME/std-$isa/usr/lib/rustlib/$target" "$rust/lib/rustlib/"
    rm -rf "$CROSS_HOME/std-$isa"
    say "std for $target, Debian's $std"
  done
  rm -rf "$parts"
  rustup toolchain link $TOOLCHAIN "$rust"
}

# The newest: older ones take memory for every reservation and lack CPUs.
make_qemu() {
  local version parts=$CROSS_HOME/parts
  version=$(versions qemu-user | head -n 1)
  say "qemu-user $version"
  unpack qemu-user "$version" "$parts"
  mkdir -p "$CROSS_HOME/qemu"
  cp "$parts/usr/bin/qemu-aarch64" "$parts/usr/bin/qemu-riscv64" "$CROSS_HOME/qemu/"
  rm -rf "$parts"
}

# F: the kernel opens the emulator now, so that it is found from any root.
register() {
  local isa=$1 magic mask
  is_registered "$isa" && return
  magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x'$(elf_machine "$isa")'\x00'
  mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
  [ -e /proc/sys/fs/binfmt_misc/register ] || $as_root mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc ||
    die "this kernel has no binfmt_misc"
  echo ":iwasm-$isa:M::$magic:$mask:$CROSS_HOME/qemu/qemu-$isa:F" | $as_root tee /proc/sys/fs/binfmt_misc/register > /dev/null ||
    die "binfmt_misc does not take a line for $isa"
}

write_env() {
  local isa
  echo "# Made by scripts/cross-setup.sh."
  for isa in aarch64 riscv64; do
    echo "export CARGO_TARGET_$(rust_target $isa | tr a-z- A-Z_)_LINKER=$isa-linux-gnu-gcc"
  done
}

smoke_test() {
  local isa folder
  folder=$(mktemp -d)
  cat > "$folder/hello.rs" << 'RUST'
fn main() {
    let product: u64 = std::thread::spawn(|| (1..=10).product()).join().unwrap();
    assert!(std::panic::catch_unwind(|| { std::panic::set_hook(Box::new(|_| {})); panic!() }).is_err());
    println!("{} {product}", std::env::consts::ARCH);
}
RUST
  for isa in aarch64 riscv64; do
    rustup run $TOOLCHAIN rustc --target "$(rust_target $isa)" -C linker=$isa-linux-gnu-gcc -o "$folder/hello" "$folder/hello.rs"
    [ "$(QEMU_LD_PREFIX=/usr/$isa-linux-gnu "$folder/hello")" = "$isa 3628800" ] || die "a program for $isa does not run"
  done
  rm -rf "$folder"
}

mkdir -p "$CROSS_HOME"
CROSS_HOME=$(cd "$CROSS_HOME" && pwd)
exec 9> "$CROSS_HOME/lock"
flock 9
if ! is_complete; then
  rm -f "$CROSS_HOME/complete"
  install_compilers
  private_apt
  apt-get -qq update
  make_toolchain
  make_qemu
  unset APT_CONFIG
  rm -rf "$CROSS_HOME/apt"
  write_env > "$CROSS_HOME/env.sh"
fi
for isa in aarch64 riscv64; do register $isa; done
smoke_test
touch "$CROSS_HOME/complete"
say "ready"
