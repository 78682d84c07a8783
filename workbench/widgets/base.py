"""What all explorers share: inputs are traits, a change is computed at once in little and then refined, figures follow.

An explorer has three layers. Its *traits* are the state that tests and notebooks set and read. `Explorer.compute`
calls the models and gives a plain result. The *view* is a box of controls and figures bound to the traits; it is built
only when the explorer is shown.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import ipywidgets as iw
import plotly.graph_objects as go
import traitlets as tr
from IPython.display import Markdown, display

from workbench.errors import WorkbenchError
from workbench.language import chosen, language

__all__ = ["STATIC_VARIABLE", "Explorer", "number_control"]

STATIC_VARIABLE = "WORKBENCH_STATIC"
"""Environment variable set while a page without a kernel is made: explorers then show pictures and no controls."""

_TEXTS = {
    "open_in_lab": {"en": "*Open the lesson in JupyterLab to move the controls.*", "zh": "*在 JupyterLab 中打开本课即可操作控件。*"},
    "computing": {"en": "refining …", "zh": "正在细算……"},
}


class FigureView(go.FigureWidget):
    """A figure in the browser that arrives whole.

    plotly's widget opens its channel to the browser while it is still empty and sends traces and layout after it (plotly 7.1); a
    busy browser draws what came first and stays empty.
    """

    _whole = False

    def __init__(self, figure: go.Figure) -> None:
        super().__init__(figure)
        self._whole = True
        self.open()

    def open(self) -> None:
        """Open the channel, once the figure is whole."""
        if self._whole:
            super().open()


class Explorer(tr.HasTraits):
    """Base of the explorers.

    Subclasses declare inputs as traits tagged ``input=True`` and give `compute`, `draw`, `describe` and `controls`.

    Attributes
    ----------
    result
        What `compute` gave for the present inputs.
    message
        One line on the result: how many replications, the mean with its interval; or the error that the inputs caused.
    busy
        Whether a finer result is being worked out.
    lang
        ``"en"`` or ``"zh"``; the language in force when the explorer was made.
    """

    result = tr.Any()
    message = tr.Unicode()
    busy = tr.Bool(False)
    lang = tr.Unicode()

    preview_replications = 2
    refined_replications: tuple[int, ...] = (10, 30)

    def __init__(self, **inputs: Any) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=type(self).__name__)
        self._turn = 0
        self._pending: Future | None = None
        self._figures: list[go.FigureWidget] = []
        self._shown: iw.VBox | None = None
        super().__init__(lang=inputs.pop("lang", None) or chosen())
        known = sorted(self.trait_names(input=True))
        for name in inputs:
            if name not in known:
                raise tr.TraitError(f"{type(self).__name__} has no input {name!r}; inputs are {', '.join(known)}")
        with self.hold_trait_notifications():
            for name, value in inputs.items():
                setattr(self, name, value)
        self.observe(lambda _: self.refresh(), names=sorted(self.trait_names(input=True)))
        self.refresh()

    # ---------------------------------------------------------------------------------------- given by subclasses

    def compute(self, replications: int) -> Any:
        """Return the result for the present inputs."""
        raise NotImplementedError

    def draw(self) -> list[go.Figure]:
        """Return the figures of the present result."""
        raise NotImplementedError

    def describe(self) -> str:
        """Return the one line on the present result."""
        raise NotImplementedError

    def controls(self) -> list[iw.Widget]:
        """Return the controls, each bound to a trait."""
        raise NotImplementedError

    # ---------------------------------------------------------------------------------------------------- computing

    def refresh(self) -> None:
        """Compute a quick preview now, and finer results in the background; a later change of inputs ends them."""
        self._turn += 1
        if self._take(self._attempt(self.preview_replications), self._turn):
            self.busy = True
            self._pending = self._pool.submit(self._refine, self._turn)

    def settle(self, timeout_s: float = 60.0) -> None:
        """Wait until the background work is done.

        Raises
        ------
        TimeoutError
            When it takes longer than `timeout_s` seconds.
        """
        if self._pending is not None:
            self._pending.result(timeout_s)

    def _refine(self, turn: int) -> None:
        for replications in self.refined_replications:
            if turn != self._turn or not self._take(self._attempt(replications), turn):
                return
        if turn == self._turn:
            self.busy = False

    def _attempt(self, replications: int) -> Any:
        try:
            return self.compute(replications)
        except WorkbenchError as error:
            return error

    def _take(self, result: Any, turn: int) -> bool:
        """Show a result unless the inputs have changed since; say whether to go on."""
        if turn != self._turn:
            return False
        if isinstance(result, WorkbenchError):
            self.message, self.busy = str(result), False
            return False
        self.result = result
        with language(self.lang):
            self.message = self.describe()
        self._redraw()
        return True

    # ------------------------------------------------------------------------------------------------------- showing

    def static_figures(self) -> list[go.Figure]:
        """Return the finest figures of the present inputs, for a page without a kernel."""
        self.settle()
        with language(self.lang):
            return self.draw()

    def view(self) -> iw.Widget:
        """Return the box of controls and figures."""
        with language(self.lang):
            self._figures = [FigureView(figure) for figure in self.draw()]
            line = iw.HTML()
            spinner = iw.Label()
            tr.dlink((self, "message"), (line, "value"))
            tr.dlink((self, "busy"), (spinner, "value"), lambda busy: _TEXTS["computing"][self.lang] if busy else "")
            controls = iw.VBox(self.controls(), layout=iw.Layout(min_width="340px", max_width="420px"))
            self._shown = iw.VBox([iw.HBox([line, spinner]), *self._figures], layout=iw.Layout(flex="1 1 auto", min_width="0"))
        return iw.HBox([controls, self._shown])

    def _redraw(self) -> None:
        if not self._figures:
            return
        with language(self.lang):
            drawn = self.draw()
        # New widgets for old: one that is updated in place may stay empty once the browser has drawn it (plotly 7.1).
        old, self._figures = self._figures, [FigureView(figure) for figure in drawn]
        self._shown.children = (self._shown.children[0], *self._figures)
        for figure in old:
            figure.close()

    def _ipython_display_(self) -> None:
        if os.environ.get(STATIC_VARIABLE) == "1":
            for figure in self.static_figures():
                display(figure)
            display(Markdown(f"{self.message}  \n{_TEXTS['open_in_lab'][self.lang]}"))
        else:
            display(self.view())


def number_control(
    explorer: Explorer, trait: str, label: str, low: float, high: float, step: float = 1, *, get: Any = None, put: Any = None
) -> iw.Widget:
    """Return a slider with a number box, both bound to a numeric trait and both usable from the keyboard.

    Parameters
    ----------
    trait
        Name of the trait, or of a mapping trait when `get` and `put` are given.
    low, high, step
        Range of the control, in the trait's unit.
    get, put
        For a value inside a mapping: read it from the trait's value; return the trait's value with it replaced.
    """
    whole = float(step).is_integer() and float(low).is_integer()
    slider_type, box_type = (iw.IntSlider, iw.BoundedIntText) if whole else (iw.FloatSlider, iw.BoundedFloatText)
    value = get(getattr(explorer, trait)) if get else getattr(explorer, trait)
    slider = slider_type(
        value=value, min=low, max=high, step=step, readout=False, continuous_update=False, layout=iw.Layout(flex="1 1 auto", width="auto")
    )
    box = box_type(value=value, min=low, max=high, step=step, layout=iw.Layout(width="72px"))
    iw.link((slider, "value"), (box, "value"))
    if get:
        slider.observe(lambda change: setattr(explorer, trait, put(getattr(explorer, trait), change["new"])), names="value")
        explorer.observe(lambda change: setattr(slider, "value", get(change["new"])), names=trait)
    else:
        tr.link((explorer, trait), (slider, "value"))
    return iw.VBox([iw.HTML(f"<label>{label}</label>"), iw.HBox([slider, box])])


def choice_control(explorer: Explorer, trait: str, label: str, options: Sequence[tuple[str, Any]]) -> iw.Widget:
    """Return a drop-down list bound to a trait; `options` are (label, value)."""
    box = iw.Dropdown(options=options, value=getattr(explorer, trait), layout=iw.Layout(width="auto"))
    tr.link((explorer, trait), (box, "value"))
    return iw.VBox([iw.HTML(f"<label>{label}</label>"), box])


def switch_control(explorer: Explorer, trait: str, label: str) -> iw.Widget:
    """Return a check box bound to a boolean trait."""
    box = iw.Checkbox(value=getattr(explorer, trait), description=label, indent=False, layout=iw.Layout(width="auto"))
    tr.link((explorer, trait), (box, "value"))
    return box


def day_control(explorer: Explorer, trait: str, label: str) -> iw.Widget:
    """Return a field for a date; what is not a date leaves the last one as it was."""
    picker = iw.DatePicker(value=getattr(explorer, trait), layout=iw.Layout(width="auto"))
    picker.observe(lambda change: change["new"] and setattr(explorer, trait, change["new"]), names="value")
    explorer.observe(lambda change: setattr(picker, "value", change["new"]), names=trait)
    return iw.VBox([iw.HTML(f"<label>{label}</label>"), picker])
