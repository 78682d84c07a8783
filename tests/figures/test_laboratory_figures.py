"""Figures of the laboratory draw the numbers of their tables."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.figures.gallery import attribution, found, gains, judged, swept
from tests.figures.shapes import trace
from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments import pareto_front, sensitivity
from workbench.figures import draw_discovery, draw_front, draw_sensitivity, draw_stakeholders, draw_waterfall


@pytest.mark.parametrize("method", ["shapley", "stacked"])
def test_a_waterfall_leads_from_before_to_after(method):
    found = attribution()
    figure = draw_waterfall(found, method=method, lang="en")
    bars, ends = trace(figure, "contribution"), trace(figure, "ends")
    assert list(bars.x) == list(found.table[method])
    levels = [found.before, *(base + step for base, step in zip(bars.base, bars.x, strict=True))]
    assert list(bars.base) == pytest.approx(levels[:-1])  # each begins where the last one ended
    assert list(ends.x) == pytest.approx([levels[0], levels[-1]])
    assert [shape.x0 for shape in figure.layout.shapes if shape.name == "level"] == pytest.approx(levels)


def test_contributions_that_were_not_computed_are_not_drawn():
    found = attribution()
    only = replace(found, table=found.table.filter(like="stacked"))
    with pytest.raises(ParameterError, match="has no 'shapley' contributions"):
        draw_waterfall(only)


def test_a_tornado_draws_the_table_of_indices():
    table = sensitivity(swept(), "release_time_h")
    figure = draw_sensitivity(swept(), "release_time_h", lang="en")
    for end in ("at_low", "at_high"):
        assert dict(zip(trace(figure, end).customdata, trace(figure, end).x, strict=True)) == table[end].to_dict()
    assert list(trace(figure, "first_order").x) == list(table["first_order"])
    assert "declarations a day" in trace(figure, "first_order").y


def test_a_front_shows_every_package_once_and_labels_the_efficient():
    table = judged()
    figure = draw_front(swept(), table, "officer_duty_h", "release_time_h", lang="en")
    drawn = {policy: item.meta for item in figure.data for policy in item.customdata}
    kinds = {policy: "beyond" if not row["within_budget"] else "on" if row["on_front"] else "beaten" for policy, row in table.iterrows()}
    assert drawn == kinds and "beyond" in kinds.values()
    labels = [note.text.replace("<br>", " ") for note in figure.layout.annotations]
    assert len(labels) == table["on_front"].sum() and all("paperless declaration" in label for label in labels)
    with pytest.raises(ParameterError, match="lacks 'on_front'"):
        draw_front(swept(), swept().policies(), "officer_duty_h", "release_time_h")
    with pytest.raises(UnknownKeyError, match="no outcome 'release_h'"):
        draw_front(swept(), table, "officer_duty_h", "release_h")


def test_labels_of_a_front_do_not_cover_one_another(monkeypatch):
    monkeypatch.setattr("workbench.figures.packages._policy_name", lambda swept, row, lang: f"a package with the long name {row.name}")
    table = pd.DataFrame({"officer_duty_h": np.linspace(100, 101, 5), "release_time_h": np.linspace(80, 79, 5)})
    table = pareto_front(pd.concat([table, table.iloc[[0]] + 40]), {"officer_duty_h": "lower", "release_time_h": "lower"})
    figure = draw_front(swept(), table.reset_index(drop=True), "officer_duty_h", "release_time_h", lang="en")
    places = [(note.ax, note.ay, note.xanchor, note.yanchor) for note in figure.layout.annotations]
    assert len(places) == len(set(places)) == 5


def test_experiments_of_interest_lie_in_the_boxes_that_are_drawn():
    discovery = found()
    figure = draw_discovery(discovery, lang="en")
    yes, no = trace(figure, "yes"), trace(figure, "no")
    assert len(yes.x) == discovery.interest.sum() and len(yes.x) + len(no.x) == len(discovery.table)
    boxes = [shape for shape in figure.layout.shapes if shape.name == "box"]
    assert len(boxes) >= len(discovery.boxes) > 0
    inside = sum(any(box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1 for box in boxes) for x, y in zip(yes.x, yes.y, strict=True))
    assert inside >= round(sum(box.coverage for box in discovery.boxes) * len(yes.x))


def test_gains_and_losses_are_drawn_with_their_verdict():
    changes = gains()
    figure = draw_stakeholders(changes, lang="en")
    assert dict(zip(trace(figure, "change").customdata, trace(figure, "change").x, strict=True)) == changes["difference"].to_dict()
    words = " ".join(note.text for note in figure.layout.annotations)
    assert words.count("loses") == (changes["verdict"] == "loses").sum() > 0
    few = changes.assign(difference=[300.0, *[-1.0] * (len(changes) - 1)])
    assert list(trace(draw_stakeholders(few, lang="en"), "enlarged").customdata) == list(changes.index[1:]), "small losers are seen"
    with pytest.raises(ParameterError, match="nobody pays or receives anything"):
        draw_stakeholders(changes.iloc[:0])
