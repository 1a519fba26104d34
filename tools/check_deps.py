#!/usr/bin/env python3
"""Hold src/ to src/DEPS: a folder includes only itself and the folders before it; features do not include each other;
a third-party header is included by one .c file only. Prints each breach and exits with 1."""
import pathlib
import re
import sys

SRC = pathlib.Path(__file__).resolve().parent.parent / "src"
LIBRARIES = {"curl/curl.h", "microhttpd.h", "sodium.h", "sqlite3.h", "xlsxwriter.h", "zlib.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)


def main():
    order = [line.strip() for line in (SRC / "DEPS").read_text().splitlines() if line.strip() and line[0] != "#"]
    breaches, users = [], {}
    for path in sorted([*SRC.rglob("*.c"), *SRC.rglob("*.h")]):
        parts = path.relative_to(SRC).parts
        own, feature = parts[0], parts[1] if parts[0] == "features" else None
        if own not in order:
            breaches.append(f"{path}: the folder {own} is not in src/DEPS")
            continue
        for kind, name in INCLUDE.findall(path.read_text()):
            if kind == "<":
                if name in LIBRARIES:
                    users.setdefault(name, []).append(path)
                continue
            other = name.split("/")
            if other[0] not in order or order.index(other[0]) > order.index(own):
                breaches.append(f"{path}: {own} may not include {name}")
            elif other[0] == "features" and own == "features" and other[1] != feature:
                breaches.append(f"{path}: feature {feature} may not include feature {other[1]}")
            elif name.endswith("_int.h") and other[:-1] != list(parts[:-1]):
                breaches.append(f"{path}: {name} is private to its folder")
    for name, paths in users.items():
        if len(paths) > 1 or paths[0].suffix != ".c":
            breaches.append(f"{name} is included by {', '.join(map(str, paths))}; one .c file may")
    print("\n".join(breaches) if breaches else "directions: clean")
    return 1 if breaches else 0


sys.exit(main())
