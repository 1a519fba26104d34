#!/bin/sh
# The dashboard's types from the server's word: `demetra openapi` -> web/src/api/schema.ts. Builds nothing.
#   tools/api_types.sh           write the file
#   tools/api_types.sh --check   fail if it is not what the server says now
set -eu
cd "$(dirname "$0")/.."

binary="${DEMETRA_BINARY:-build/demetra}"
target=web/src/api/schema.ts
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$binary" openapi >"$folder/openapi.json"
if ! web/node_modules/.bin/openapi-typescript "$folder/openapi.json" --output "$folder/schema.ts" >"$folder/log" 2>&1; then
  cat "$folder/log" >&2
  exit 1
fi
if [ "${1:-}" = --check ]; then
  cmp -s "$folder/schema.ts" "$target" && exit 0
  echo "$target is not what $binary says of itself: run tools/api_types.sh and commit what it writes" >&2
  exit 1
fi
cp "$folder/schema.ts" "$target"
