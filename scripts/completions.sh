#!/usr/bin/env bash
# Makes completions for a shell of the options that a command lists by --help; other words are files.
#
#   scripts/completions.sh target/release/iwasm bash|zsh|fish
set -euo pipefail

command=$1
name=$(basename "$command")
options=$("$command" --help | grep -oE '(^|[ ,])--[a-z][a-z0-9-]*' | tr -d ' ,' | sort -u)
case $2 in
  bash)
    # By lines: names of files may have spaces.
    printf '_%s() {\n  local word=${COMP_WORDS[COMP_CWORD]}\n' "$name"
    printf '  if [[ $word == -* ]]; then mapfile -t COMPREPLY < <(compgen -W "%s" -- "$word"); else mapfile -t COMPREPLY < <(compgen -f -- "$word"); fi\n}\n' \
      "$(printf '%s' "$options" | tr '\n' ' ')"
    printf 'complete -o filenames -F _%s %s\n' "$name" "$name"
    ;;
  zsh)
    printf '#compdef %s\n_arguments' "$name"
    for option in $options; do printf ' \\\n  "%s"' "$option"; done
    printf ' \\\n  "*:file:_files"\n'
    ;;
  fish) for option in $options; do printf 'complete -c %s -l %s\n' "$name" "${option#--}"; done ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
