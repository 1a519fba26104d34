#!/usr/bin/env python3
"""Hold src/ and fuzz/ to the sizes of the house style: functions of at most 60 lines
and 9 parameters, files of at most 600 lines, lines of at most 120 columns; and to the banned functions. Tables do not count: a function
is what stands between a line that is `{` alone and the `}` in the first column. Prints each breach; exit code 1."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|strtok|atoi|atol|atof|sscanf|gets|alloca|vsprintf)\s*\(")
LINES, PARAMS, FILE, COLUMNS = 60, 9, 600, 120


def functions(lines):
    start, head = None, []
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield " ".join(head), start, number
            start, head = None, []
        elif start is None:
            head = [] if not line.strip() or line.startswith(("#", "/*", " *")) else [*head[-3:], line.strip()]


def check(path):
    lines = path.read_text().splitlines()
    name = path.relative_to(ROOT)
    if len(lines) > FILE:
        yield f"{name}: {len(lines)} lines"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            yield f"{name}:{number}: {len(line)} columns"
        if BANNED.search(line.split("/*")[0]):
            yield f"{name}:{number}: a banned function: {line.strip()}"
    for head, start, end in functions(lines):
        called = head.split("(")[0].split()[-1] if "(" in head else head
        if end - start > LINES:
            yield f"{name}:{start}: {called} has {end - start} lines"
        if head.count(",") + 1 > PARAMS:
            yield f"{name}:{start}: {called} has {head.count(',') + 1} parameters"


def main():
    tracked = subprocess.run(["git", "ls-files", "src", "fuzz"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [ROOT / f for f in tracked.stdout.split() if f.endswith((".c", ".h"))]
    breaches = [b for f in files for b in check(f)]
    print("\n".join(breaches) if breaches else f"sizes: clean, {len(files)} files")
    return 1 if breaches else 0


sys.exit(main())
