"""Make `legal_basis.csv` from the collected list of rules: a unique key a row, rows of one topic kept together.

A topic can have several rules (pilot, roll-out, replacement). The first row of a topic keeps its name as key, the
others add the year they took effect, and the month where two fall in a year. A trailing `?` of a document number or
date means: not printed in the text that was seen. It stays.

    python datasets/scripts/make_legal_basis.py COLLECTED.csv
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

COLUMNS = (
    *("key", "topic", "item_zh", "item_en", "document_title_zh", "document_no", "issuer", "issued", "effective"),
    *("repealed_or_replaced", "article", "rule", "pilot", "rollout", "source_title", "source_address", "seen", "confidence"),
)
REGIONS = {
    "AEO mutual recognition: Hong Kong": "AEO mutual recognition: Hong Kong, China",
    "AEO mutual recognition: Taiwan": "AEO mutual recognition: Taiwan, China",
    "AEO互认：香港": "AEO互认：中国香港",
    "AEO互认：台湾": "AEO互认：中国台湾",
    "limit CNY 800 (Hong Kong, Macao, Taiwan)": "limit CNY 800 (Hong Kong, Macao and Taiwan of China)",
    "Hong Kong later": "Hong Kong, China later",
}


def unique_keys(rows: list[dict[str, str]]) -> list[str]:
    """Return a key for every row: the topic, then topic and year, then topic, year and month, then a number."""
    keys: list[str] = []
    for row in rows:
        topic, date = row["topic"], row["effective"] or row["issued"]
        digits = re.findall(r"\d+", date)
        candidates = [topic, *("-".join([topic, *digits[:n]]) for n in (1, 2) if len(digits) >= n)]
        candidates += [f"{topic}-{number}" for number in range(2, 9)]
        keys.append(next(key for key in candidates if key not in keys))
    return keys


def main(collected: str) -> None:
    with Path(collected).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["topic"] = row.pop("key")
        for column in ("item_en", "item_zh", "rule", "pilot"):
            for was, now in REGIONS.items():
                row[column] = row[column].replace(was, now)
    for row, key in zip(rows, unique_keys(rows), strict=True):
        row["key"] = key
    with (Path(__file__).resolve().parents[1] / "legal_basis.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
