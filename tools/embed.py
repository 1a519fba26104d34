#!/usr/bin/env python3
"""Write a C file that holds every file below a folder as `const struct asset_table NAME` (src/base/asset.h).

usage: embed.py NAME FOLDER OUT.c [--gzip] [--match PATTERN] [--depfile FILE]
--match takes only files whose name matches, such as "schemas.json". With --gzip, text files are kept compressed, as a browser takes them. Output depends only on the files' bytes.
"""
import gzip
import pathlib
import sys

TEXT = {".html", ".js", ".css", ".svg", ".json", ".txt", ".map", ".webmanifest"}


def c_array(data):
    return ",".join(str(byte) for byte in data) or "0"


def option(flag, fallback=None):
    return sys.argv[sys.argv.index(flag) + 1] if flag in sys.argv else fallback


def main():
    name, folder, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    compress = "--gzip" in sys.argv
    files = sorted(p for p in folder.rglob(option("--match", "*")) if p.is_file())
    parts, rows = [], []
    for i, path in enumerate(files):
        data = path.read_bytes()
        packed = compress and path.suffix in TEXT
        if packed:
            data = gzip.compress(data, 9, mtime=0)
        shown = path.relative_to(folder).as_posix()
        parts.append(f"static const unsigned char BYTES_{i}[] = {{{c_array(data)}}};")
        rows.append(f'    {{STR_INIT("{shown}"), {{(const char *)BYTES_{i}, {len(data)}}}, {str(packed).lower()}}},')
    lines = ["/* Made by tools/embed.py. */", '#include "base/asset.h"', "", *parts, ""]
    if rows:
        lines += ["static const struct asset ROWS[] = {", *rows, "};"]
        lines += [f"const struct asset_table {name} = {{ROWS, {len(rows)}}};", ""]
    else:
        lines += [f"const struct asset_table {name} = {{0}};", ""]
    out.write_text("\n".join(lines))
    if option("--depfile"):
        folders = [folder, *sorted(p for p in folder.rglob("*") if p.is_dir())]  # their times tell of a new file
        pathlib.Path(option("--depfile")).write_text(f"{out}: {' '.join(str(p) for p in folders + files)}\n")


main()
