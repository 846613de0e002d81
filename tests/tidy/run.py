#!/usr/bin/env python3
"""Checks the rules of the house that a machine can check.   tests/tidy/run.py [--self-test | --write] [CHECK…]

--self-test   plants each violation of planted.py in a copy in memory and sees that its check finds it
--write       renews what the docs take from the program: the option table (needs build/trouped) and, after
              tools/bench, the figures of the README
"""

import argparse
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import checks  # noqa: E402
import figures  # noqa: E402
import planted  # noqa: E402
from tree import Tree  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def check(tree, names):
    failed = 0
    chosen = [c for c in checks.ALL if not names or c.__name__ in names]
    for one in chosen:
        wrong = one(tree)
        failed += bool(wrong)
        for line in wrong:
            print(f"{one.__name__}: {line}")
    return len(chosen) - failed, failed


def self_test(tree):
    passed = failed = 0
    by_name = {c.__name__: c for c in checks.ALL}
    before = {name: set(by_name[name](tree)) for name in {x[0] for x in planted.WRONG + planted.FINE}}
    for expected, cases in ((True, planted.WRONG), (False, planted.FINE)):
        for name, path, content in cases:
            found = set(by_name[name](tree.with_file(path, content))) - before[name]
            if any(line.startswith(path) or name == "documented_metrics" for line in found) == expected:
                passed += 1
            else:
                failed += 1
                print(f"{name}: {'missed' if expected else 'wrongly reports'} {path}: {content[:60]!r} {found or ''}")
    for name in by_name.keys() - {x[0] for x in planted.WRONG}:
        failed += 1
        print(f"{name}: no violation is planted for it")
    return passed, failed


def renew(page, region, text):
    """Puts a text between the marks of a region."""
    begin, end = f"<!-- {region}: begin -->\n", f"<!-- {region}: end -->"
    path = os.path.join(ROOT, page)
    with open(path, encoding="utf-8") as f:
        before, rest = f.read().split(begin)
    with open(path, "w", encoding="utf-8") as f:
        f.write(before + begin + text + end + rest.split(end)[1])


def write():
    table = subprocess.run([os.path.join(ROOT, "build/trouped"), "--print-options"], capture_output=True, check=True,
                           text=True).stdout
    renew("docs/configuration.md", "options", table)
    measured = os.path.join(ROOT, "build/bench.json")
    if os.path.exists(measured):
        with open(measured, encoding="utf-8") as f:
            renew("README.md", "figures", figures.as_markdown(json.load(f)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("checks", nargs="*")
    asked = parser.parse_args()
    if asked.write:
        write()
        return 0
    tree = Tree.read(ROOT)
    passed, failed = self_test(tree) if asked.self_test else check(tree, asked.checks)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
