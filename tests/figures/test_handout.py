"""The handout of a mode: complete in both languages, and self-contained."""

import re

import networkx as nx
import pytest

import workbench as wb
from workbench.figures.handout import handout, write_handout


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_lists_every_timed_step_and_every_deadline(lang):
    mode = wb.mode("port_clearance_import")
    page = handout(mode, lang)
    for step in mode.process:
        assert not step.duration or step.label.text(lang).replace("'", "&#x27;") in page
    for deadline in mode.deadlines:
        assert deadline.label.text(lang) in page


def test_it_loads_nothing_from_elsewhere(tmp_path):
    write_handout(wb.mode("port_clearance_export"), tmp_path / "page.html", "zh")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"'](?:https?:)?//", page)


def test_graphml_can_be_read_back():
    mode = wb.mode("port_clearance_import")
    graph = nx.parse_graphml(mode.to_graphml())
    assert set(graph) == set(mode.process.keys)
    assert set(graph.edges) == set(mode.graph.edges)
    assert graph.nodes["check_documents"]["zh"] == "现场接单审核"
    assert graph.edges["decide_review", "review_documents"]["when"] == '{"channel": ["yellow", "red"]}'
