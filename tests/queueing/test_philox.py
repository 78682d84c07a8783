"""Random numbers: known answers, scalar = vector, and streams that have nothing to do with one another."""

import numpy as np
import pytest

from workbench.models.queueing.jit import plain
from workbench.models.queueing.luck import philox4x32, uniform
from workbench.models.queueing.philox import hash32, uniforms

ONES = 0xFFFFFFFF
KNOWN = [  # Random123 1.14, kat_vectors: philox4x32 10 rounds, (counter, key) → words
    ((0, 0, 0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES,) * 6, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("words", "answer"), KNOWN)
def test_philox_gives_the_known_answers(words, answer):
    assert philox4x32(*words) == answer
    assert plain(philox4x32)(*words) == answer


def test_fnv1a_gives_the_known_answers():
    assert (hash32(""), hash32("a"), hash32("foobar")) == (0x811C9DC5, 0xE40C292C, 0xBF9CF968)


def test_numpy_draws_equal_the_kernel_s_bit_for_bit():
    cases = np.array([0, 1, 77, 2**31, 2**32 - 1])
    drawn = uniforms(2**32 - 1, 5, cases, 3, "check_documents.departure", visit=9, draw=2)
    key = hash32("check_documents.departure")
    for case, u in zip(cases.tolist(), drawn.tolist(), strict=True):
        assert u == uniform(2**32 - 1, 5, case, key, 9, 3 * 256 + 2)
        assert u == plain(uniform)(2**32 - 1, 5, case, key, 9, 3 * 256 + 2)


def test_many_cases_draw_as_few_do():
    cases = np.arange(5000)[::-1] * 800_000
    few = [uniforms(2016, 3, part, 1, "operator_class") for part in np.split(cases, 2)]
    assert (uniforms(2016, 3, cases, 1, "operator_class") == np.concatenate(few)).all()


def test_uniforms_are_uniform_and_seeds_unrelated():
    n = 20_000
    streams = np.array([uniforms(seed, replication, np.arange(n), 4, "pay", 1) for seed in range(4) for replication in range(2)])
    assert (streams > 0).all() and (streams < 1).all()
    counts = np.array([np.histogram(stream, 50, (0, 1))[0] for stream in streams])
    chi2 = ((counts - n / 50) ** 2 / (n / 50)).sum(axis=1)
    assert (abs(chi2 - 49) < 4.5 * np.sqrt(2 * 49)).all()
    correlation = np.corrcoef(streams) - np.eye(len(streams))
    assert abs(correlation).max() < 4.5 / np.sqrt(n)


def test_neighbouring_cases_visits_and_keys_are_unrelated():
    n = 20_000
    first = uniforms(1, 0, np.arange(n), 4, "pay", 1)
    others = [uniforms(1, 0, np.arange(1, n + 1), 4, "pay", 1), uniforms(1, 0, np.arange(n), 4, "pay", 2),
              uniforms(1, 0, np.arange(n), 4, "paid", 1), uniforms(1, 0, np.arange(n), 3, "pay", 1)]  # fmt: skip
    for other in others:
        assert abs(np.corrcoef(first, other)[0, 1]) < 4.5 / np.sqrt(n)
