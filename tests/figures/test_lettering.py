"""Words broken into lines: nothing is lost, nothing is wider than it may be, and punctuation stays where it belongs."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.figures.lettering import block_height, text_width, wrap

WORDS = st.lists(st.text("abcdefgWM", min_size=1, max_size=8), min_size=1, max_size=12).map(" ".join)
CHINESE = st.text("报关单证放行，。（）", min_size=1, max_size=30)


@given(WORDS, st.floats(60, 400))
def test_words_keep_their_order_and_fit(text, width):
    lines = wrap(text, width, 11)
    assert " ".join(lines) == text
    assert all(text_width(line, 11) <= width or " " not in line for line in lines)


@given(WORDS, st.floats(60, 400))
def test_no_way_needs_fewer_lines(text, width):
    parts, greedy, line = text.split(" "), 1, ""
    for part in parts:
        longer = f"{line} {part}".strip()
        if line and text_width(longer, 11) > width:
            greedy, line = greedy + 1, part
        else:
            line = longer
    assert len(wrap(text, width, 11)) == greedy


@given(CHINESE, st.floats(40, 200))
def test_chinese_breaks_anywhere_but_before_closing_and_behind_opening_marks(text, width):
    lines = wrap(text, width, 12)
    assert "".join(lines) == text
    assert not any(line[0] in "，。）" for line in lines[1:])
    assert not any(line[-1] == "（" for line in lines[:-1])


def test_lines_are_as_even_as_they_can_be():
    assert wrap("one two three four", 85, 10) == ["one two", "three four"]
    assert wrap("运输工具进境申报", 80, 12) == ["运输工具", "进境申报"]


def test_chinese_is_a_square_and_latin_narrower():
    assert text_width("放行", 10) == 20
    assert text_width("il", 10) < text_width("mw", 10) < 20
    assert block_height(3, 10) == 39
