"""Figures of the laboratory draw the numbers of their tables."""

from dataclasses import replace

import pytest

from tests.figures.gallery import attribution
from tests.figures.shapes import trace
from workbench.errors import ParameterError
from workbench.figures import draw_waterfall


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
