"""The answers of docs/questions.md run, in at most ten lines each."""

import re
from pathlib import Path

import pandas as pd
import pytest

from workbench import content

if not content.is_checkout():
    pytest.skip("docs/ is part of a checkout only", allow_module_level=True)

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "questions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:## (\d+)\.[^\n]*\n\n)?```python\n(.*?)```", PAGE, flags=re.DOTALL)


def test_an_answer_has_at_most_ten_lines():
    assert len(BLOCKS) >= 7
    assert [number for number, code in BLOCKS if len(code.strip().splitlines()) > 10] == []


@pytest.mark.filterwarnings("default::workbench.errors.OverloadWarning")  # question 3 moves more to the zone than it holds
def test_the_answers_run(capsys):
    space = {}
    for number, code in BLOCKS:
        exec(compile(code, f"question {number or 'set-up'}", "exec"), space)
        if number:
            answer = space.pop("answer")
            assert len(answer) if isinstance(answer, (pd.DataFrame, pd.Series)) else answer == answer, number
    assert capsys.readouterr().out
