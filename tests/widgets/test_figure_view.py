"""A figure reaches the browser whole: what its channel opens with is the figure, not an empty one that is filled later."""

import comm
import ipywidgets.widgets.widget as widget
import plotly.graph_objects as go

from workbench.widgets.base import FigureView


def test_the_channel_opens_with_traces_and_layout(monkeypatch):
    opened = []
    create = comm.create_comm
    monkeypatch.setattr(widget.comm, "create_comm", lambda **given: opened.append(given) or create(**given))
    view = FigureView(go.Figure(go.Scatter(x=[1, 2], y=[3, 4]), layout={"title": {"text": "whole"}}))
    states = [given["data"]["state"] for given in opened if "_widget_data" in given["data"]["state"]]
    assert [state["_widget_data"][0]["y"] for state in states] == [[3, 4]]
    assert states[0]["_widget_layout"]["title"]["text"] == "whole"
    view.data[0].y = [5, 6]
    assert list(view.data[0].y) == [5, 6]
