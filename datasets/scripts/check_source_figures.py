"""Check `source_figures.csv` against the plain texts of the five source documents.

The table was transcribed by hand: the documents are the only raw material. This script proves the transcription:

1. every printed figure stands, as `value_text` says, on the lines that its row names;
2. no number of the documents is without a row, save what `NOT_A_FIGURE` excludes, and why.

Usage, one text a source key (the texts are not part of the project):

    python datasets/scripts/check_source_figures.py lecture-2016=a.txt shenzhen-2007=b.txt ftz-2014=c.txt \
        shanghai-port-2015=d.txt gac-plan-2014=e.txt
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "source_figures.csv"
CHINESE = "一二两三四五六七八九十"
MEASURES = "个项条种类级方面次届支大道层步批期家省市关检线国位倍月天半区点套份台部地屏体化配"
NUMBER = re.compile(rf"\d+(?:\.\d+)?|[{CHINESE}]+(?=[{MEASURES}]|[^\u4e00-\u9fff]|$)")

DATES = "|".join(
    (
        r"\d{4}\s*年?\s*(?:[—-]\s*\d{4})?\s*年?(?:\s*\d{1,2}\s*月)?(?:\s*\d{1,2}\s*日)?",
        r"\d{1,2}月(?:\d{1,2}日)?(?:至\d{1,2}日)?",
        r"今明两年|\d{4}[.]\d+",
    )
)

NOT_A_FIGURE = {
    "numbering of headings": r"^[\s>*#-]*[（(]?\s*(?:\d+|[一二三四五六七八九十—]+)\s*[)）.、·．][\d.]*",
    "numbering of parts": r"第[一二三四五六七八九十]+[章节]|主题\d|第[一二三]方面|^- \d ",
    "numbering inside text": r"[(（]\s*\d+\s*[)）]|(?:^|[;；:：。,，、])\s*[一二三四五六七八九十]+是",
    "marks of slide animation": r"★_?\{?\d+|\^\{?[★*]\d+\}?|_\{★\d+\}|\*\d\}",
    "labels of boxes in a chart that was lost": r"^\s*(?:51|52|53|54|55|1)\s*$",
    "words: unity": r"一体化|一体机|统一|单一|一致|一体|同一|其一|唯一|之一|有机统一|一盘棋|一把手|第三方|第四方|三互",
    "words: once": r"一次|进一步|下一步|一步|一旦|一系列|一律|一定|一般|一方面|另一方面|一视同仁|一抓到底|一案到底|一揽子",
    "words: one": r"一点|一站|一键|合一|一些|一个|一种|一张|一家|一地|一批|一关|一项|一类|一份|一期|一套|一个平台|一证|一工作|一接入",
    "words: ordinals and levels": r"一级|二级|一线|二线|第一[是类批大步]|第二[是类批步]",
    "names: congresses, roads, centuries": r"十八大|十八届[^,，。]*?全会|一带一路|丝绸之路|21\s*世纪|二十一(?:世纪|海关)",
    "names: programmes, systems": r"[GBC]2[GBC]|三自一重|一单两报|十检十放|三个一|双随机|双[赢边双]|一机|三次产业|两[头端]|UN/CEFACT|1-9",
    "the same figure in other words": r"两个部门|三省市|三方面|第[一二三]批(?!试点区)",
    "names: annexes, berths, markets": r"附件\d|洋山四期|两个市场|两种资源",
    "slips of the transcription": r"admin1|报关单7备案|一 体机",
    "dates of the events themselves, carried by rows of unit date": DATES,
}


def line_numbers(text: str) -> list[int]:
    """Return the lines that `182-186;192` names."""
    numbers: list[int] = []
    for part in filter(None, text.split(";")):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def stands_on(row: dict[str, str], text: str) -> bool:
    """Say whether the figure of a row stands in the text of its lines.

    The yearbook prints its dates without the year, and plans say "the end of the year" for December.
    """
    if row["unit"] != "date":
        return row["value_text"] in text
    year, *rest = row["value_text"].split("-")
    if f"{year}年底" in text and rest == ["12"]:
        return True
    if row["source"] != "shanghai-port-2015" and year not in text:
        return False
    return all(re.search(rf"(?<!\d)0?{int(part)}(?!\d)", text) for part in rest)


def uncovered(line: str, rows: list[dict[str, str]]) -> list[str]:
    """Return the numbers of a line that neither a row nor an exclusion accounts for, with their surroundings."""
    taken = [span.span() for row in rows if row["value_text"] for span in re.finditer(re.escape(row["value_text"]), line)]
    for row in rows:
        if row["unit"] == "date":
            taken += [span.span() for span in re.finditer(DATES, line)]
    taken += [span.span() for pattern in NOT_A_FIGURE.values() for span in re.finditer(pattern, line)]
    return [
        line[max(0, number.start() - 6) : number.end() + 6]
        for number in NUMBER.finditer(line)
        if not any(start <= number.start() < end for start, end in taken)
    ]


def main(arguments: list[str]) -> int:
    paths = dict(part.split("=", 1) for part in arguments)
    texts = {key: Path(path).read_text(encoding="utf-8").split("\n") for key, path in paths.items()}
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    problems = []
    for row in rows:
        text = "\n".join(texts[row["source"]][number - 1] for number in line_numbers(row["line"]))
        if row["origin"] in ("printed", "interpreted") and not stands_on(row, text):
            problems.append(f"{row['id']}: {row['value_text']!r} does not stand in {row['source']} line {row['line']}")
    for key, lines in texts.items():
        for number, line in enumerate(lines, 1):
            here = [row for row in rows if row["source"] == key and number in line_numbers(row["line"])]
            problems += [f"{key} line {number}: no row for {found!r}" for found in uncovered(line, here)]
    print(*problems, sep="\n")
    print(f"{len(rows)} rows, {len(problems)} problems")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
