#!/bin/sh
# usage: fuzz/run.sh BUILD SECONDS [NAME...]
# Runs each fuzzer (or those named, such as fuzz_json) for so long, from the seeds and from the corpus that it keeps in
# BUILD/corpus. Stops with 1 at the first crash and says where its input is.
set -eu
build=$(cd "$1" && pwd)
seconds=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- $(cd "$here" && ls fuzz_*.c | sed 's/\.c$//')

for name in "$@"; do
  corpus="$build/corpus/$name"
  crashes="$build/crashes/$name"
  mkdir -p "$corpus" "$crashes"
  echo "== $name for $seconds s"
  if ! "$build/fuzz/$name" -max_total_time="$seconds" -max_len=16384 -timeout=20 -rss_limit_mb=2048 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="$crashes/" "$corpus" "$here/seeds/$name" >"$crashes/log" 2>&1; then
    cat "$crashes/log" >&2
    echo "$name failed; its input is in $crashes:" >&2
    ls "$crashes" >&2
    exit 1
  fi
  grep -E 'number_of_executed_units|new_units_added' "$crashes/log" || true
done
