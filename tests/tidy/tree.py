"""The files of the repository: those that git knows or would take."""

import os
import re
import subprocess


class Tree:
    """Paths and their bytes; a changed copy is how a violation is planted."""

    def __init__(self, root, files):
        self.root = root
        self.files = files

    @classmethod
    def read(cls, root):
        listed = subprocess.run(
            ["git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z"],
            capture_output=True, check=True).stdout.decode()
        files = {}
        for path in sorted(filter(None, listed.split("\0"))):
            full = os.path.join(root, path)
            if os.path.isfile(full) and not os.path.islink(full):
                with open(full, "rb") as f:
                    files[path] = f.read()
        return cls(root, files)

    def with_file(self, path, content):
        files = dict(self.files)
        files[path] = content if isinstance(content, bytes) else content.encode()
        return Tree(self.root, files)

    def text(self, path):
        return self.files[path].decode("utf-8", "replace")

    def lines(self, path):
        """(number, line), numbers from 1."""
        return enumerate(self.text(path).split("\n"), 1)

    def matching(self, pattern):
        wanted = re.compile(pattern)
        return [p for p in self.files if wanted.search(p)]

    def sources(self):
        return self.matching(r"\.(cpp|hpp)$")

    def texts(self):
        """What people wrote and read: no lock files, no pictures, no licence text, no corpus of fuzzing."""
        return [p for p in self.files
                if b"\0" not in self.files[p][:8192] and os.path.basename(p) not in ("LICENSE", "package-lock.json")
                and "/corpus/" not in p]
