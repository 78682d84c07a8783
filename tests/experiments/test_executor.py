"""Whoever executes the tasks, results come in order, and nothing is left running that nobody waits for."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from workbench.errors import ParameterError
from workbench.experiments.executor import SerialExecutor, run_tasks


class Recorder:
    """Stands for a cluster's client: hands out futures that are settled by the test."""

    def __init__(self, outcomes):
        self.outcomes, self.futures = list(outcomes), []

    def submit(self, function, /, *arguments):
        future = Future()
        outcome = self.outcomes[len(self.futures)]
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        elif outcome is not None:
            future.set_result(outcome)
        self.futures.append(future)
        return future


def test_results_come_in_the_order_of_the_tasks_whoever_is_first():
    last_is_done = threading.Event()

    def wait(number):
        if number == 3:
            last_is_done.set()
        elif not last_is_done.wait(timeout=60):
            raise AssertionError("the last task did not run beside the first")
        return number

    with ThreadPoolExecutor(4) as pool:
        assert list(run_tasks(wait, [(number,) for number in range(4)], pool)) == [0, 1, 2, 3]


def test_progress_counts_from_nothing_to_all():
    seen = []
    list(run_tasks(abs, [(-1,), (-2,)], SerialExecutor(), lambda done, n: seen.append((done, n))))
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_the_serial_executor_works_only_when_asked():
    worked = []
    results = run_tasks(worked.append, [(1,), (2,)], SerialExecutor())
    assert worked == []
    next(results)
    assert worked == [1]


def test_the_error_of_the_first_failing_task_is_raised_and_the_rest_is_cancelled():
    client = Recorder([1, ValueError("second"), None, None])
    results = run_tasks(abs, [(i,) for i in range(4)], client)
    assert next(results) == 1
    with pytest.raises(ValueError, match="second"):
        next(results)
    assert [future.cancelled() for future in client.futures[2:]] == [True, True]


def test_an_interrupt_cancels_what_has_not_begun():
    client = Recorder([1, KeyboardInterrupt(), None])
    with pytest.raises(KeyboardInterrupt):
        list(run_tasks(abs, [(i,) for i in range(3)], client))
    assert client.futures[2].cancelled()


def test_a_caller_who_stops_asking_cancels_what_has_not_begun():
    client = Recorder([1, None, None])
    results = run_tasks(abs, [(i,) for i in range(3)], client)
    next(results)
    results.close()
    assert [future.cancelled() for future in client.futures[1:]] == [True, True]


def test_what_cannot_submit_is_no_executor():
    with pytest.raises(ParameterError, match=r"executor must have submit\(\).*int has not"):
        list(run_tasks(abs, [(1,)], executor=4))


def test_no_tasks_no_results():
    assert list(run_tasks(abs, [])) == []
