"""Make `benchmarks.csv` from the collected list of public figures: units as codes, and the clock of every time.

python datasets/scripts/make_benchmarks.py COLLECTED.csv
"""

from __future__ import annotations

import csv
import re
import sys
from decimal import Decimal
from pathlib import Path

CLOCKS = (  # (first match wins) keys, clock; a time that none matches is refused
    (r"(cn|sh|wh|jjj|gd|cq)-cust-|cq-cust|wh-24h-|sh-pilot-base-|zj-air-", "customs_clearance"),
    (r"(cn|gx|gd|nb|hb)-over-|tj-sea-exp-", "overall_clearance"),
    (r"cn-port-|qd-(imp|exp)-total", "port_release"),
    (r"db-", "doing_business"),
    (r"es-exp-|lpi-exp-", "firm_survey"),
    (r"(jp|kr|au)-|in-(imp|exp|cust)-2018|in-nonfac-assess|in-48h-sea|in-aeo-effect", "trs_abroad"),
    (r"qd-|tj-pickup-|sz-(shipside|export-yard)-|sh-do-duty-|gate-(zjg|wjd|sz)-|scan-vn|sw-(decl|ship)-|guarantee-setup|time-sip", "stage"),
    (r"exam-.*(manual|h986|2002|image|chain|before|after|2020|minutes|limit)$", "stage"),
    (r"ala-|trs-rank-|sh-95-2018|time-|ftz-(days|entry|decl|case|milk)|zjg-attach", "unstated"),
)
NO_CLOCK = r"exam-tj-h986-share|exam-qz-manual|db-weight-sh"

UNITS = {
    "hours": ("h", 1),
    "minutes": ("min", 1),
    "seconds": ("s", 1),
    "days": ("d", 1),
    "working days": ("working_d", 1),
    "hours per day": ("h_per_d", 1),
    "percent": ("pct", 1),
    "percent per day": ("pct_per_d", 1),
    "percent per point": ("pct_per_point", 1),
    "multiple of national mean": ("multiple", 1),
    "exponent": ("exponent", 1),
    "rank": ("rank", 1),
    "distribution": ("none", 1),
    "USD per shipment": ("usd_per_shipment", 1),
    "USD per container": ("usd_per_container", 1),
    "CNY per container": ("cny_per_container", 1),
    "CNY per declaration": ("cny_per_declaration", 1),
    "CNY per bill": ("cny_per_bill", 1),
    "CNY per day": ("cny_per_d", 1),
    "CNY per transit document": ("cny_per_transit_document", 1),
    "CNY million per firm": ("cny_per_firm", 10**6),
    "CNY thousand": ("cny", 10**3),
    "CNY million": ("cny", 10**6),
    "CNY billion": ("cny", 10**9),
    "CNY million per working day": ("cny_per_working_d", 10**6),
    "thousand": ("count", 10**3),
    "million": ("count", 10**6),
    "million per year": ("count_per_year", 10**6),
    "million per quarter": ("count_per_quarter", 10**6),
    "million per half-year": ("count_per_half_year", 10**6),
    "million (11 months)": ("count_in_11_months", 10**6),
    "thousand per day": ("count_per_d", 10**3),
    "thousand per working day": ("count_per_working_d", 10**3),
    "declarations per day": ("count_per_d", 1),
    "containers per hour": ("containers_per_h", 1),
    "vehicles per hour": ("vehicles_per_h", 1),
    "million TEU": ("teu", 10**6),
    "thousand TEU": ("teu", 10**3),
    "million TEU per year": ("teu_per_year", 10**6),
    "thousand persons": ("persons", 10**3),
    "firms": ("firms", 1),
    "cases": ("cases", 1),
    "officers": ("officers", 1),
    "documents": ("documents", 1),
    "arrivals in sample": ("vessel_calls", 1),
}

PROCESSES = {
    "F1": "port import",
    "F2": "port export",
    "F3": "transit import, advance",
    "F4": "transit import, direct",
    "F5": "transit import, through",
    "F6": "transit export",
    "F7": "regional integration",
    "F8": "classified clearance",
    "F9": "paperless clearance",
    "F10": "smart and secure lane",
    "F13": "zone, declare after entry",
    "F15": "single declaration, phased",
    "F16": "duty collection",
    "F19": "single window",
    "F21": "Shenzhen tiers",
    "F22": "road",
    "R1": "zone time cut (target)",
    "R3": "integration cost cut (target)",
    "R10": "inspection integration saving (target)",
    "R15": "single-window uptake (target)",
}
STEPS = {
    "F1": {"2": "discharge", "3": "prepare", "4": "lodge", "7": "pay", "8": "examine", "9": "release", "10": "pick up"},
    "F2": {"1": "deliver to yard", "2": "quarantine form", "3": "lodge", "5": "examine", "6": "release", "7": "load and leave"},
    "F13": {"4": "pass the gate"},
    "F15": {"2": "second step"},
}

REGIONS = {"Hong Kong to China": "Hong Kong, China to the mainland"}


def clock(key: str, unit: str) -> str:
    """Return what starts and stops the clock of a figure, `none` where it is no time."""
    if not re.fullmatch(NO_CLOCK, key):
        for pattern, name in CLOCKS:
            if re.match(pattern, key):
                return name
    if unit in ("h", "min", "s", "d", "working_d", "h_per_d"):
        raise SystemExit(f"{key}: a time without a clock")
    return "none"


def use(text: str) -> str:
    """Spell out which process and step a figure can feed."""

    def spelled(match: re.Match) -> str:
        code, steps = match.group(1), match.group(2)
        if not steps:
            return PROCESSES[code]
        names = [STEPS[code][number] for number in re.split(r"[-,]", steps)]
        return f"{PROCESSES[code]}: {(' – ' if '-' in steps else ', ').join(names)}"

    return re.sub(r"\b([FR]\d+)(?: steps? (\d+(?:[-,]\d+)*))?", spelled, text)


def scaled(value: str, factor: int) -> str:
    return format((Decimal(value) * factor).normalize(), "f") if value else ""


def main(collected: str) -> None:
    with Path(collected).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["unit"], factor = UNITS[row["unit"]]
        for column in ("value", "low", "high"):
            row[column] = scaled(row[column], factor)
        row["clock"] = clock(row["key"], row["unit"])
        row["use"] = use(row.pop("suits_step"))
        row["place"] = REGIONS.get(row["place"], row["place"])
        row["note"] = row["note"].replace("seed accuracy 95.3 %", "the declaration accuracy of 95.3 % in the source documents")
    columns = (
        "key",
        "quantity_en",
        "quantity_zh",
        "value",
        "low",
        "high",
        "unit",
        "statistic",
        "clock",
        "direction",
        "transport_mode",
        "place",
        "period",
        "use",
    )
    columns += ("source_title", "source_publisher", "source_year", "source_address", "seen", "confidence", "note")
    with (Path(__file__).resolve().parents[1] / "benchmarks.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
