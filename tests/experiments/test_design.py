"""A design is refused where it cannot be meant."""

import math

import pytest

from workbench.errors import ParameterError
from workbench.experiments import Design


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("replications", 0),
        ("replications", 2.0),
        ("replications", True),
        ("replications", "30"),
        ("seed", -1),
        ("seed", 2**32),
        ("seed", None),
        ("warm_up_h", -1),
        ("warm_up_h", math.nan),
        ("observe_h", 0),
        ("observe_h", math.inf),
        ("observe_h", None),
        ("observe_h", True),
        ("run_out_h", -0.5),
        ("run_out_h", 1e9),
    ],
)
def test_a_bad_value_is_named_with_its_field(field, value):
    with pytest.raises(ParameterError, match=f"^{field} must be .* not ") as caught:
        Design(**{field: value})
    assert repr(value) in str(caught.value)


def test_the_defaults_are_those_of_the_lessons():
    assert Design() == Design(replications=30, warm_up_h=168, observe_h=672, run_out_h=None, seed=2016)


def test_the_run_ends_after_the_run_out():
    assert Design(warm_up_h=10, observe_h=20).horizon_h == 30 + 90 * 24
    assert Design(warm_up_h=10, observe_h=20, run_out_h=5).horizon_h == 35
    assert Design(warm_up_h=10, observe_h=20, run_out_h=0).horizon_h == 30


def test_a_design_survives_its_dictionary():
    design = Design(replications=3, run_out_h=12.5)
    assert Design(**design.to_dict()) == design
