"""Write the bytes and the SHA-256 of every table into `datapackage.yaml`; its comments and order stay.

python datasets/scripts/update_descriptor.py
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]


def main() -> None:
    descriptor = FOLDER / "datapackage.yaml"
    text = descriptor.read_text(encoding="utf-8")
    for path in re.findall(r"^    path: (\S+)$", text, flags=re.MULTILINE):
        stored = (FOLDER / path).read_bytes()
        pattern = rf"(^    path: {re.escape(path)}$.*?^    bytes: )\d+(\n    hash: sha256:)[0-9a-f]+"
        digest = hashlib.sha256(stored).hexdigest()
        text, found = re.subn(pattern, rf"\g<1>{len(stored)}\g<2>{digest}", text, count=1, flags=re.MULTILINE | re.DOTALL)
        if not found:
            raise SystemExit(f"{path}: no bytes and hash to write")
    descriptor.write_bytes(text.encode("utf-8"))


if __name__ == "__main__":
    main()
