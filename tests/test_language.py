"""One setting for a session, a block that overrides it, and an error that offers the nearest."""

import threading

import pytest

from workbench import language
from workbench.errors import UnknownKeyError


@pytest.fixture(autouse=True)
def _english_again():
    yield
    language.set_language("en")


def test_session_setting_reaches_other_threads():
    language.set_language("zh")
    seen = []
    thread = threading.Thread(target=lambda: seen.append(language.get_language()))
    thread.start()
    thread.join()
    assert seen == ["zh"]


def test_block_overrides_and_ends_even_after_an_error():
    with pytest.raises(ValueError, match="stop"), language.language("zh"):
        assert language.chosen() == "zh"
        assert language.chosen("en") == "en"
        raise ValueError("stop")
    assert language.chosen() == "en"


@pytest.mark.parametrize("call", [language.set_language, language.chosen])
def test_unknown_language_is_refused(call):
    with pytest.raises(UnknownKeyError, match="no language 'zn'. Known: en, zh"):
        call("zn")
    assert language.get_language() == "en"
