#!/usr/bin/env bash
# Makes a manual page of what a command says of itself by --help.
#
#   scripts/man.sh target/release/iwasm 'run precompiled WebAssembly' > iwasm.1
set -euo pipefail

command=$1
name=$(basename "$command")
version=$("$command" --version | awk 'NR == 1 { print $2 }')
upper=$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')
printf '.TH %s 1 "" "%s %s" "User Commands"\n.SH NAME\n%s \\- %s\n.SH DESCRIPTION\n.nf\n' "$upper" "$name" "$version" "$name" "$2"
"$command" --help | sed 's/\\/\\e/g; s/^\([.'"'"']\)/\\\&\1/; s/-/\\-/g'
printf '.fi\n'
