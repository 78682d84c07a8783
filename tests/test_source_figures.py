"""The numbers of the source documents: keys, arithmetic that the documents themselves imply, and who cites whom."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from workbench import datasets


@pytest.fixture(scope="module")
def value() -> pd.Series:
    return datasets.load("source_figures").set_index("id")["value"]


def rounded(printed: float, digits: int) -> float:
    """Half a unit of the last digit printed."""
    return 0.5 * 10.0**-digits


def before(value: pd.Series, key: str) -> float:
    """The figure of 2014 that the one of 2015 and its growth imply."""
    return value[f"{key}-2015"] / (1 + value[f"{key}-growth-2015"] / 100)


# name: expression over the figures, printed figure, digits after the point
IDENTITIES = {
    "clean share of examined containers": (lambda v: 100 * v["sh-clean-teu"] / v["sh-inspected-teu"], 95.93, 2),
    "clean share, derived row": (lambda v: v["sh-clean-teu"] / v["sh-inspected-teu"], "derived-clean-rate", 4),
    "hit share, derived row": (lambda v: 1 - v["sh-clean-teu"] / v["sh-inspected-teu"], "derived-hit-rate", 4),
    "fee saved a clean TEU": (lambda v: v["sh-fee-saved"] / v["sh-clean-teu"], 480.1, 1),
    "fee saved a clean TEU, derived row": (lambda v: v["sh-fee-saved"] / v["sh-clean-teu"], "derived-fee-per-teu", 2),
    "value of an e-commerce order": (lambda v: v["cbec-value"] / v["cbec-orders"], "derived-cbec-ticket", 2),
    "days saved a batch": (lambda v: v["belt-ciq-days-saved"] / v["belt-ciq-batches"], "derived-days-per-batch", 4),
    "cost saved a batch": (lambda v: v["belt-ciq-cost-saved"] / v["belt-ciq-batches"], "derived-cost-per-batch", 2),
    "sections cut": (lambda v: 100 * (1 - v["ftz-sections-after"] / v["ftz-sections-before"]), "ftz-sections-cut-pct", 1),
    "support staff cut": (lambda v: 100 * (1 - v["ftz-support-after"] / v["ftz-support-before"]), "ftz-support-cut-pct", 1),
    "document and gate staff cut": (lambda v: 100 * (1 - v["ftz-doc-gate-after"] / v["ftz-doc-gate-before"]), "ftz-doc-gate-cut-pct", 1),
    "document and gate share before": (lambda v: v["ftz-doc-gate-before"] / v["ftz-staff-before"], "derived-doc-gate-share-before", 4),
    "document and gate share after": (lambda v: v["ftz-doc-gate-after"] / v["ftz-staff-after"], "derived-doc-gate-share-after", 4),
    "support share before": (lambda v: v["ftz-support-before"] / v["ftz-staff-before"], "derived-support-share-before", 4),
    "support share after": (lambda v: v["ftz-support-after"] / v["ftz-staff-after"], "derived-support-share-after", 4),
    "services trade is exports and imports, hundred million USD": (lambda v: (v["svc-export-2015"] + v["svc-import-2015"]) / 1e8, 7130, 0),
    "services trade grew as its parts did": (
        lambda v: 100 * (v["svc-total-2015"] / (before(v, "svc-export") + before(v, "svc-import")) - 1),
        "svc-total-growth-2015",
        1,
    ),
    "services trade a year, 2005 to 2015": (lambda v: (v["svc-total-2015"] / v["svc-total-2005"]) ** 0.1 - 1, "derived-svc-cagr", 4),
    "throughput of 2014, ten thousand TEU": (lambda v: v["ftz-teu"] / (1 + v["ftz-teu-growth"] / 100) / 1e4, 3237.4, 1),
    "integrated share of Shanxi": (
        lambda v: v["shanxi-integrated-entries"] / (v["shanxi-integrated-entries"] + v["shanxi-transit-entries"]),
        "derived-shanxi-integrated-share",
        4,
    ),
    "trade of Shanxi, hundred million CNY": (lambda v: v["shanxi-six-value"] / v["shanxi-six-share"], 9.121, 3),
    "load of a Chenglingji sailing": (lambda v: v["chenglingji-containers"] / v["chenglingji-sailings"], "derived-chenglingji-load", 0),
    "large traders as a share": (lambda v: v["sz-large-firms"] / v["sz-firms"], "derived-large-firm-share-of-firms", 4),
    "measures replicated": (lambda v: v["ftz-measures-replicated"] / v["ftz-measures-total"], "derived-replication-share", 4),
    "measures replicated, soon": (
        lambda v: (v["ftz-measures-replicated"] + v["ftz-measures-next"]) / v["ftz-measures-total"],
        "derived-replication-share-next",
        4,
    ),
    "integrated declarations over trade": (lambda v: v["belt-integrated-share"] / v["belt-trade-share"], 1.166, 3),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_arithmetic(value: pd.Series, name: str) -> None:
    compute, printed, digits = IDENTITIES[name]
    expected = value[printed] if isinstance(printed, str) else printed
    scale = 1e-8 if name.startswith("trade of Shanxi") else 1.0  # CNY over percent: the printed 912.1 is in 10^8 CNY
    assert compute(value) * scale == pytest.approx(expected, abs=rounded(expected, digits) * (1 + 1e-9))


def test_whole_numbers_add_up(value: pd.Series) -> None:
    assert value["ftz-staff-after"] - value["ftz-staff-before"] == 100 == value["derived-staff-increase"]
    assert (
        value["ftz-sections-before"] - value["ftz-sections-after"]
        == value["ftz-sections-cut-unified"] + value["ftz-sections-cut-audit"]
        == 9
    )
    assert value["ftz-doc-gate-before"] - value["ftz-doc-gate-after"] == value["ftz-doc-gate-cut"] == 40
    assert value["ftz-measures-2014"] == value["ftz-measures-batch1"] + value["ftz-measures-batch2"] + value["ftz-measures-batch3"] == 23
    assert value["ftz-measures-total"] == value["ftz-measures-2014"] + value["ftz-measures-2015"] == 31
    assert value["ftz-measures-remaining"] == value["ftz-measures-total"] - value["ftz-measures-replicated"] == 17
    assert (
        value["derived-other-staff-before"] == value["ftz-staff-before"] - value["ftz-support-before"] - value["ftz-doc-gate-before"] == 185
    )
    assert value["derived-other-staff-after"] == value["ftz-staff-after"] - value["ftz-support-after"] - value["ftz-doc-gate-after"] == 340
    assert value["ftz-ratio-support"] + value["ftz-ratio-business"] + value["ftz-ratio-onsite"] == 100
    assert value["sw-data-items"] + value["sw-shared-items"] == value["derived-sw-total-typed-before"] == 135
    assert value["ys-wait-before"] == 2 * value["ys-wait-after"]
    assert value["delta-offices-customs"] == value["delta-offices-ciq"] == 5


def test_zone_shares_agree_with_each_other(value: pd.Series) -> None:
    """Area and product of the zone in Pudong and in Shanghai imply Pudong's part of Shanghai: a fifth, and a third."""
    assert value["ftz-area-share-shanghai"] / value["ftz-area-share-pudong"] == pytest.approx(1 / 5)
    assert value["ftz-gdp-share-shanghai"] / value["ftz-gdp-share-pudong"] == pytest.approx(1 / 3)


def test_contradictions_of_the_documents_stand(value: pd.Series) -> None:
    """What the documents contradict is kept as printed: nobody has silently put it right."""
    assert value["tpp-founders-count"] + value["tpp-joined-count"] == 12 != value["tpp-participants"] == 13
    assert value["ciq-modes-named"] == 9 != value["ciq-ten-modes"] == 10
    assert value["fta-list-signed"] + value["fta-list-preferential"] == 11 != value["fta-signed-number"] == 14
    assert round(100 * value["derived-support-share-after"]) == 4 != value["ftz-ratio-support"] == 5


def test_units_are_base_units() -> None:
    """Ten thousands and hundred millions of the documents are multiplied out: the number and the text agree."""
    figures = datasets.load("source_figures")
    scales = {"万亿": 1e12, "亿": 1e8, "万": 1e4}
    seen = 0
    for row in figures[(figures["origin"] == "printed") & figures["value"].notna()].itertuples():
        match = re.fullmatch(r"[近约超达]?([\d.]+)\**(万亿|亿|万).*", str(row.value_text))
        if match:
            seen += 1
            assert row.value == pytest.approx(float(match[1]) * scales[match[2]], rel=1e-12), row.id
    assert seen > 25


def test_every_figure_has_a_number_or_a_date() -> None:
    figures = datasets.load("source_figures")
    dates = figures["unit"] == "date"
    assert figures.loc[~dates, "value"].notna().all()
    assert figures.loc[dates, "value"].isna().all()
    assert figures.loc[dates, "value_text"].str.fullmatch(r"\d{4}-\d{2}(-\d{2})?").all()
    printed = figures["origin"].isin(["printed", "interpreted"])
    assert figures.loc[printed, "value_text"].notna().all()
    assert figures.loc[figures["origin"].isin(["counted", "derived"]), "note"].notna().all()


@pytest.mark.parametrize("table", ["shanghai_port_2015", "shenzhen_2004_2007"])
def test_port_tables_repeat_the_figures(table: str) -> None:
    figures = datasets.load("source_figures").set_index("id")
    rows = datasets.load(table)
    assert set(rows["figure"]) <= set(figures.index)
    assert rows["value"].tolist() == figures.loc[rows["figure"], "value"].tolist()
    assert rows["unit"].tolist() == figures.loc[rows["figure"], "unit"].tolist()
    assert not rows["figure"].duplicated().any()
