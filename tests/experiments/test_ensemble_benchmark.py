"""The benchmark of ensembles does what it says; how fast it is, is no test."""

from benchmarks import ensemble
from workbench.experiments import SerialExecutor, query_store


def test_every_executor_does_all_the_work():
    assert ensemble.overhead(None) == ensemble.overhead(SerialExecutor()) == ensemble.TASKS
    assert len(ensemble.ensemble(None, n=2, replications=2).table) == 2


def test_the_large_ensemble_is_kept_and_gone_on_with(tmp_path):
    first = ensemble.large(str(tmp_path / "store"), n=4, replications=2)
    assert (first["scenarios"], first["replications"]) == (4, 2)
    parts = sorted((tmp_path / "store" / "parts").iterdir())
    ensemble.large(str(tmp_path / "store"), n=4, replications=2)
    assert sorted((tmp_path / "store" / "parts").iterdir()) == parts
    assert query_store(tmp_path / "store", "select count(*) as n from results")["n"].tolist() == [4]
