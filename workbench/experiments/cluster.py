"""Work on a Dask cluster: connect to it, and make sure that its workers are as this machine is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workbench.errors import ParameterError, WorkbenchError
from workbench.experiments.executor import Submits
from workbench.experiments.store import versions

__all__ = ["connected"]

TIMEOUT_S = 10


@contextmanager
def connected(executor: Submits | str | None) -> Iterator[Submits | None]:
    """Give an executor; the address of a Dask scheduler becomes a client, closed at the end.

    Raises
    ------
    WorkbenchError
        When Dask is not installed, no scheduler answers, it has no worker, or a worker has other versions of the packages.
    """
    if isinstance(executor, str):
        with _client(executor) as client:
            _check_versions(client)
            yield client
    else:
        if hasattr(executor, "scheduler_info"):
            _check_versions(executor)
        yield executor


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise WorkbenchError('a cluster needs Dask: pip install "customs-reform-workbench[cluster]"') from None
    try:
        return Client(address, timeout=TIMEOUT_S, set_as_default=False)
    except OSError:
        raise WorkbenchError(
            f"no Dask scheduler answers at {address!r}; start one with `dask scheduler`, or leave the executor out to use threads"
        ) from None
    except ValueError as error:
        raise ParameterError(f"executor {address!r} is no address such as 'tcp://10.0.0.1:8786': {error}") from None


def _check_versions(client: Any) -> None:
    """Refuse workers whose results might differ from those of this machine."""
    if not client.scheduler_info()["workers"]:
        raise WorkbenchError(f"the Dask scheduler at {client.scheduler.address} has no worker; start some with `dask worker ADDRESS`")
    try:
        there = client.run(versions)
    except (ImportError, AttributeError):
        raise WorkbenchError("the Dask workers lack the workbench, or have an older one; install there what is installed here") from None
    here = versions()
    for worker, found in there.items():
        apart = [f"{name} {found.get(name)} instead of {here[name]}" for name in here if found.get(name) != here[name]]
        if apart:
            raise WorkbenchError(f"Dask worker {worker} has {', '.join(apart)}; install there what is installed here, and start it again")
