"""One function for each rule of the house that a machine can check: takes a tree, returns what is wrong with it.

The words that are looked for are written in two parts here, so that this file does not find itself.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')

# Room → rooms it may include, and what of the outside it must not.
ROOMS = {
    "domain": (("domain",), r".*[/.].*"),  # a standard header has neither slash nor dot
    "persistence": (("domain", "persistence"), r"(caf|boost|spdlog|CLI|rapidjson|jwt|sodium)"),
    "actors": (("domain", "persistence", "actors"), r"(boost|sqlite3|libpq|hiredis|rapidjson|spdlog|CLI|openssl|jwt|sodium)"),
    "net": (("domain", "actors", "net"), r"(sqlite3|libpq|hiredis|spdlog|CLI|jwt|sodium)"),
    "tools": (("domain", "persistence", "actors", "net", "tools"), r"(sqlite3|libpq|hiredis|jwt)"),
}
# (file, header): reasons are in style.md section 2
ALLOWED = [
    (r"^domain/json\.cpp$", r"^rapidjson/"),
    (r"^actors/authenticator\w*\.cpp$", r"^(sodium|jwt)"),
    (r"^actors/authenticator/\w+\.cpp$", r"^(sodium|jwt)"),
]
INNER = {"actors": r"^persistence/\w+/", "net": r"^persistence/"}


def folder_arrows(tree):
    wrong = []
    for path in tree.sources():
        room = path.split("/")[0]
        if room not in ROOMS:
            continue
        rooms, forbidden = ROOMS[room]
        for number, line in tree.lines(path):
            found = INCLUDE.match(line)
            if not found:
                continue
            kind, header = found.groups()
            if any(re.search(p, path) and re.search(h, header) for p, h in ALLOWED):
                continue
            if kind == '"':
                bad = header.split("/")[0] not in rooms or re.search(INNER.get(room, r"^$"), header)
            else:
                bad = re.match(forbidden, header)
            if bad:
                wrong.append(f"{path}:{number}: {room}/ must not include {header}")
    return wrong


def includes_from_root(tree):
    return [f"{path}:{number}: no file {found.group(2)} from the root"
            for path in tree.sources() for number, line in tree.lines(path)
            if (found := INCLUDE.match(line)) and found.group(1) == '"' and found.group(2) not in tree.files]


def all_is_built(tree):
    wrong = []
    cmake = {os.path.dirname(p): tree.text(p) for p in tree.matching(r"(^|/)CMakeLists\.txt$")}
    for path in tree.matching(r"\.cpp$"):
        if re.search(r"^(domain|persistence|actors|net)/", path):
            continue  # globbed with all that is below
        if re.search(r"^tools/(ctl/)?[^/]+$|^tests/(domain|persistence|actors|net|tools)/[^/]+$", path):
            continue
        folder = os.path.dirname(path)
        while folder and folder not in cmake:
            folder = os.path.dirname(folder)
        below = os.path.relpath(path, folder)
        text = cmake.get(folder, "")
        pattern = os.path.join(os.path.dirname(below), "*.cpp")
        stem = os.path.basename(path)[:-len(".cpp")]
        if below not in text and pattern not in text and not re.search(rf"\b{re.escape(stem)}\b", text):
            wrong.append(f"{path}: no CMakeLists.txt builds it")
    included = {found.group(2) for path in tree.sources() for _, line in tree.lines(path)
                if (found := INCLUDE.match(line))}
    wrong += [f"{path}: nobody includes it" for path in tree.matching(r"\.hpp$") if path not in included]
    pages = tree.matching(r"^web/")
    for path in pages:
        name = os.path.basename(path)
        if name in ("index.html", "favicon.ico", "robots.txt", "package.json"):  # the last tells Node, in tests, that these are modules
            continue
        if not any(name.encode() in tree.files[other] for other in pages if other != path):
            wrong.append(f"{path}: no page mentions it")
    return wrong


MARKERS = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK|TB" r"D|W" r"IP)\b")
LEFT_OVERS = re.compile(r"(?i)(?<![\w\"'.:-])(stu" r"bs?|place" r"holders?|lorem ip" r"sum)(?![\w=\"'(-])")
ROOM_NAMES = re.compile(r"(^|/)(utils?|common|helpers?|managers?|misc)(/|\.\w+$)")


def banned_words(tree):
    wrong = [f"{path}: a name that says nothing" for path in tree.files if ROOM_NAMES.search(path)]
    for path in tree.texts():
        for number, line in tree.lines(path):
            found = MARKERS.search(line)
            if not found and re.search(r"\.(cpp|hpp|md|py|txt)$", path) and "socketio" not in path:  # its own word
                found = LEFT_OVERS.search(line)
            if found:
                wrong.append(f"{path}:{number}: the word {found.group(1)}")
    return wrong


def namespaces_in_headers(tree):
    opened = re.compile(r"^\s*using\s+namespace\s+(?!std::(chrono_)?literals|std::chrono_literals|std::\w+_literals)")
    return [f"{path}:{number}: opens a namespace in a header"
            for path in tree.matching(r"\.hpp$") for number, line in tree.lines(path) if opened.search(line)]


def pragma_once(tree):
    wrong = []
    for path in tree.matching(r"\.hpp$"):
        code = [x for _, x in tree.lines(path) if x.strip() and not x.startswith("//")]
        if not code or code[0].strip() != "#pragma once":
            wrong.append(f"{path}: does not begin with #pragma once")
    return wrong


SLEEPS = re.compile(r"this_thread::sleep_\w+\s*\(|\b(sleep_for|usleep|nanosleep)\s*\(|\btime\.sleep\(|(?<!\w)::sleep\s*\(")
# A timer whose whole effect is to go on later. One that ends a wait (with a rejection) is a bound, not a sleep.
JS_SLEEPS = re.compile(r"setTimeout\(\s*\w+\s*,\s*([\d_]+)|await\s+(?:sleep|delay|setTimeout|wait)\(\s*([\d_]+)")
JS_PAUSE_MAX = 250  # between two looks at a condition


def sleeps(tree):
    wrong = []
    for path in tree.matching(r"\.(cpp|hpp|py|mjs|js)$"):
        if path.startswith(("tests/bench/", "tests/tidy/", "tools/ctl/")):
            continue  # a load generator and `troupectl top` keep their own pace
        for number, line in tree.lines(path):
            if SLEEPS.search(line):
                wrong.append(f"{path}:{number}: sleeps; wait for a condition")
            found = JS_SLEEPS.search(line) if path.startswith("tests/") else None
            if found and int((found.group(1) or found.group(2)).replace("_", "")) > JS_PAUSE_MAX:
                wrong.append(f"{path}:{number}: sleeps; wait for a condition")
    return wrong


def endless_requests(tree):
    return [f"{path}:{number}: waits without end"
            for path in tree.sources() if not path.startswith("tests/")
            for number, line in tree.lines(path) if re.search(r"\bcaf::infi" r"nite\b", line)]


BLOB_BYTES_MAX = 256 * 1024
LINES_MAX = 600


def sizes(tree):
    wrong = [f"{path}: {len(content)} bytes" for path, content in tree.files.items() if len(content) > BLOB_BYTES_MAX]
    wrong += [f"{path}: {len(list(tree.lines(path)))} lines; find the second thing in it"
              for path in tree.matching(r"\.(cpp|hpp|mjs|js|py)$") if len(list(tree.lines(path))) > LINES_MAX]
    return wrong


def machine_paths(tree):
    paths = re.compile(r"(?<![\w.~/-])/(wo" r"rk|ho" r"me|ro" r"ot|Us" r"ers)/\w")
    return [f"{path}:{number}: a path of one machine"
            for path in tree.texts() for number, line in tree.lines(path) if paths.search(line)]


def lock_files(tree):
    wrong = []
    for path in tree.matching(r"(^|/)(package-lock\.json|npm-shrinkwrap\.json)$"):
        for host in sorted(set(re.findall(r'"resolved":\s*"\w+://([^/"]+)', tree.text(path)))):
            if host != "registry.npmjs.org":
                wrong.append(f"{path}: resolved from {host}")
    for path in tree.matching(r"(^|/)\.npmrc$"):
        if re.search(r"registry\s*=", tree.text(path)):
            wrong.append(f"{path}: names a registry")
    return wrong


def formatted(tree):
    tool = next((t for t in ("clang-format-14", "clang-format") if shutil.which(t)), None)
    if not tool or " 14." not in subprocess.run([tool, "--version"], capture_output=True, text=True).stdout:
        return []
    with tempfile.TemporaryDirectory() as folder:
        for path in tree.sources() + [".clang-format"]:
            full = os.path.join(folder, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "wb") as f:
                f.write(tree.files[path])
        said = subprocess.run([tool, "--dry-run", "-Werror", "--ferror-limit=1", *tree.sources()], cwd=folder,
                              capture_output=True, text=True).stderr
    return [line.split(": error")[0] + ": clang-format would change it"
            for line in said.split("\n") if ": error" in line]


def scripts(tree):
    wrong = []
    for path in tree.files:
        content = tree.files[path]
        if content.startswith(b"#!") and b"bash" in content.split(b"\n")[0]:
            done = subprocess.run(["bash", "-n"], input=content, capture_output=True, check=False)
            if done.returncode != 0:
                wrong.append(f"{path}: {done.stderr.decode().strip()}")
            if not re.search(rb"^set -e?uo pipefail$", content, re.M):
                wrong.append(f"{path}: takes no notice of failures (set -euo pipefail)")
        elif path.endswith(".py"):
            try:
                compile(content, path, "exec")
            except SyntaxError as e:
                wrong.append(f"{path}: {e}")
        elif path.endswith(".json"):
            try:
                json.loads(content)
            except ValueError as e:
                wrong.append(f"{path}: {e}")
    return wrong


def doc_links(tree):
    wrong = []
    for path in tree.matching(r"\.md$"):
        for number, line in tree.lines(path):
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)|src=\"([^\"]+)\"", line):
                target = target[0] or target[1]
                if re.match(r"\w+:", target):
                    continue
                full = os.path.normpath(os.path.join(os.path.dirname(path), target))
                if full not in tree.files and not any(p.startswith(full + "/") for p in tree.files):
                    wrong.append(f"{path}:{number}: links to {target}, which is not there")
            for command in re.findall(r"(?<![\w/])\./?((?:tools|\.ci|tests)/[\w./-]*\w)", line):
                if command not in tree.files:
                    wrong.append(f"{path}:{number}: names ./{command}, which is not there")
    return wrong


def documented_metrics(tree):
    """Operators read of every metric that exists, and of none that does not."""
    if "docs/operations.md" not in tree.files:
        return ["docs/operations.md: is missing"]
    exist = {name for path in tree.matching(r"^(net|actors|tools)/.*\.(cpp|hpp)$")
             for name in re.findall(r"[\" ](troupe_[a-z0-9_]+)", tree.text(path))}
    named = set(re.findall(r"`(troupe_[a-z0-9_]+)", tree.text("docs/operations.md")))
    return ([f"docs/operations.md: {name} is not told of" for name in sorted(exist - named)]
            + [f"docs/operations.md: {name} does not exist" for name in sorted(named - exist)])


ALL = [folder_arrows, includes_from_root, all_is_built, banned_words, namespaces_in_headers, pragma_once, sleeps,
       endless_requests, sizes, machine_paths, lock_files, formatted, scripts, doc_links, documented_metrics]
