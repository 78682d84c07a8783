"""What queueing theory says in closed form: the yardstick of every simulation here, and lessons in themselves.

Rates are per hour, times in hours. Means are of the steady state; what has none raises. Formulas: Kleinrock,
*Queueing Systems* I (1975) and II (1976); Cobham (1954) for priorities; Jackson (1957) for networks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import ParameterError

__all__ = [
    "LossStation",
    "Station",
    "erlang_b",
    "erlang_c",
    "jackson",
    "md1",
    "mg1",
    "mm_infinity_mean",
    "mmc",
    "mmck",
    "nonpreemptive_priority",
    "pooling_gain",
    "preemptive_priority",
    "tandem",
    "traffic_rates",
]


@dataclass(frozen=True)
class Station:
    """Steady state of one station.

    Parameters
    ----------
    utilisation
        Share of the servers that is busy, in [0, 1).
    p_wait
        Probability that an arrival waits.
    mean_wait_h, mean_sojourn_h
        Before service; before and in service.
    mean_queue, mean_number
        Waiting; waiting and in service.
    """

    utilisation: float
    p_wait: float
    mean_wait_h: float
    mean_sojourn_h: float
    mean_queue: float
    mean_number: float


@dataclass(frozen=True)
class LossStation:
    """Steady state of a station that turns arrivals away when it is full.

    Parameters
    ----------
    p_blocked
        Share of the arrivals turned away.
    mean_wait_h
        Of those who enter.
    mean_number
        In the station.
    """

    p_blocked: float
    mean_wait_h: float
    mean_number: float


def _stable(utilisation: float, **given: float) -> None:
    bad = [f"{name} = {value!r}" for name, value in given.items() if not value > 0]
    if bad:
        raise ParameterError(f"{', '.join(bad)}: rates, times and servers must be above 0.")
    if not utilisation < 1:
        raise ParameterError(f"utilisation {utilisation:.6g} is not below 1: the queue grows without end.")


def erlang_b(servers: int, offered: float) -> float:
    """Return the share of arrivals lost when nobody waits (Erlang B).

    Parameters
    ----------
    servers
        ≥ 0.
    offered
        Arrival rate × mean service time, ≥ 0.

    Examples
    --------
    >>> round(erlang_b(5, 3.0), 6), round(erlang_b(10, 8.0), 6)
    (0.110054, 0.121661)
    """
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = offered * blocked / (n + offered * blocked)
    return blocked


def erlang_c(servers: int, offered: float) -> float:
    """Return the probability that an arrival waits when all wait (Erlang C); offered < servers.

    Examples
    --------
    >>> round(erlang_c(3, 2.0), 6), round(erlang_c(10, 8.0), 6)
    (0.444444, 0.40918)
    """
    _stable(offered / servers, servers=servers)
    blocked = erlang_b(servers, offered)
    return blocked / (1 - offered / servers * (1 - blocked))


def mmc(arrival_rate: float, service_rate: float, servers: int) -> Station:
    """Return the steady state of M/M/c: Poisson arrivals, exponential service, one line.

    Examples
    --------
    >>> round(mmc(0.2, 0.1, 3).mean_wait_h, 6), round(mmc(1.8, 1.0, 2).mean_wait_h, 6)
    (4.444444, 4.263158)
    """
    _stable(arrival_rate / (servers * service_rate), arrival_rate=arrival_rate, service_rate=service_rate)
    p_wait = erlang_c(servers, arrival_rate / service_rate)
    wait = p_wait / (servers * service_rate - arrival_rate)
    return _station(arrival_rate, 1 / service_rate, servers, p_wait, wait)


def _station(arrival_rate: float, service_h: float, servers: int, p_wait: float, wait_h: float) -> Station:
    sojourn = wait_h + service_h
    utilisation = arrival_rate * service_h / servers
    return Station(utilisation, p_wait, wait_h, sojourn, arrival_rate * wait_h, arrival_rate * sojourn)


def mg1(arrival_rate: float, service_mean_h: float, service_cv2: float) -> Station:
    """Return the steady state of M/G/1 by Pollaczek and Khinchine.

    Parameters
    ----------
    service_cv2
        Variance of the service time over its squared mean: 0 constant, 1 exponential.

    Examples
    --------
    >>> [round(mg1(0.5, 1.6, cv2).mean_wait_h, 6) for cv2 in (0, 1, 4)]
    [3.2, 6.4, 16.0]
    """
    load = arrival_rate * service_mean_h
    _stable(load, arrival_rate=arrival_rate, service_mean_h=service_mean_h)
    wait = load * service_mean_h * (1 + service_cv2) / (2 * (1 - load))
    return _station(arrival_rate, service_mean_h, 1, load, wait)


def md1(arrival_rate: float, service_h: float) -> Station:
    """Return the steady state of M/D/1, constant service.

    Examples
    --------
    >>> round(md1(3.8, 0.1).mean_wait_h, 4), round(md1(0.2, 2.0).mean_wait_h, 4)
    (0.0306, 0.6667)
    """
    return mg1(arrival_rate, service_h, 0.0)


def mmck(arrival_rate: float, service_rate: float, servers: int, places: int) -> LossStation:
    """Return the steady state of M/M/c/K: at most ``places`` ≥ servers in the station, others are lost.

    Examples
    --------
    >>> station = mmck(3.0, 4.0, 2, 3)
    >>> round(station.mean_number, 6), round(station.p_blocked, 6)
    (0.76234, 0.04936)
    """
    _stable(0.0, arrival_rate=arrival_rate, service_rate=service_rate, servers=servers)
    if places < servers:
        raise ParameterError(f"places = {places} is below servers = {servers}.")
    weights = [1.0]
    for n in range(1, places + 1):
        weights.append(weights[-1] * arrival_rate / (min(n, servers) * service_rate))
    p = np.array(weights) / math.fsum(weights)
    number = np.arange(places + 1)
    waiting = float(p @ np.maximum(number - servers, 0))
    return LossStation(float(p[-1]), waiting / (arrival_rate * (1 - p[-1])), float(p @ number))


def nonpreemptive_priority(arrival_rates: Sequence[float], service_means_h: Sequence[float], service_cv2: Sequence[float]) -> list[float]:
    """Return the mean wait of each class in M/G/1 with priorities that never interrupt (Cobham), hours.

    Parameters
    ----------
    arrival_rates, service_means_h, service_cv2
        By class, the one that goes first first.

    Examples
    --------
    >>> [round(wait, 6) for wait in nonpreemptive_priority([0.2, 0.6], [1, 1], [1, 1])]
    [1.0, 5.0]
    """
    loads = np.multiply(arrival_rates, service_means_h)
    _stable(float(loads.sum()))
    residual = float(np.sum(loads * np.asarray(service_means_h) * (1 + np.asarray(service_cv2))) / 2)
    above = np.concatenate([[0.0], np.cumsum(loads)])
    return [float(residual / ((1 - above[i]) * (1 - above[i + 1]))) for i in range(len(loads))]


def preemptive_priority(arrival_rates: Sequence[float], service_means_h: Sequence[float], service_cv2: Sequence[float]) -> list[float]:
    """Return the mean sojourn of each class in M/G/1 where a higher class interrupts and work is resumed, hours.

    Examples
    --------
    >>> [round(sojourn, 6) for sojourn in preemptive_priority([0.2, 0.6], [1, 1], [1, 1])]
    [1.25, 6.25]
    """
    means = np.asarray(service_means_h, dtype=float)
    loads = np.multiply(arrival_rates, means)
    _stable(float(loads.sum()))
    residual = np.cumsum(loads * means * (1 + np.asarray(service_cv2)) / 2)
    above = np.concatenate([[0.0], np.cumsum(loads)])
    return [float(means[i] / (1 - above[i]) + residual[i] / ((1 - above[i]) * (1 - above[i + 1]))) for i in range(len(loads))]


def jackson(external_rates: Sequence[float], service_rates: Sequence[float], servers: Sequence[int], routing: np.ndarray) -> list[Station]:
    """Return the steady state of each station of an open network: Poisson arrivals, exponential service.

    Parameters
    ----------
    external_rates
        Arrivals from outside, by station.
    service_rates, servers
        By station.
    routing
        Probability [from, to]; what is missing to 1 leaves.

    Examples
    --------
    Document desk, 10 % to examination, 20 % of those back to the desk:

    >>> desk, exam = jackson([10, 0], [6, 0.5], [2, 3], np.array([[0, 0.1], [0.2, 0]]))
    >>> round(desk.mean_wait_h, 6), round(exam.mean_wait_h, 6), round(desk.mean_number + exam.mean_number, 6)
    (0.435188, 0.966986, 9.168914)
    """
    rates = traffic_rates(external_rates, routing)
    return [mmc(rate, mu, c) for rate, mu, c in zip(rates.tolist(), service_rates, servers, strict=True)]


def traffic_rates(external_rates: Sequence[float], routing: np.ndarray) -> np.ndarray:
    """Return the arrival rate at each station: the solution of rate = external + rate · routing.

    Examples
    --------
    >>> traffic_rates([10, 0], np.array([[0, 0.1], [0.2, 0]])).round(6)
    array([10.204082,  1.020408])
    """
    routing = np.asarray(routing, dtype=float)
    return np.linalg.solve(np.eye(len(routing)) - routing.T, np.asarray(external_rates, dtype=float))


def tandem(arrival_rate: float, service_rates: Sequence[float]) -> float:
    """Return the mean time through single-server exponential stations one after another, hours.

    Examples
    --------
    >>> round(tandem(0.8, [1.0, 1.25]), 6)
    7.222222
    """
    return sum(mmc(arrival_rate, rate, 1).mean_sojourn_h for rate in service_rates)


def pooling_gain(arrival_rate: float, service_rate: float, offices: int) -> tuple[float, float]:
    """Return (mean wait at each of several separate single desks, mean wait when they form one), hours.

    Examples
    --------
    >>> apart, together = pooling_gain(0.8, 1.0, 2)
    >>> round(apart, 4), round(together, 4)
    (4.0, 1.7778)
    """
    return mmc(arrival_rate, service_rate, 1).mean_wait_h, mmc(offices * arrival_rate, service_rate, offices).mean_wait_h


def mm_infinity_mean(time_h: float, edges_h: Sequence[float], rates: Sequence[float], service_rate: float) -> float:
    """Return the mean number present at a time, empty at first, when nobody waits and the arrival rate changes.

    The number is Poisson with mean ∫ rate(u) · e^(−service_rate · (time − u)) du.

    Parameters
    ----------
    edges_h, rates
        The rate is rates[i] between edges_h[i] and edges_h[i + 1].

    Examples
    --------
    >>> round(mm_infinity_mean(50.0, [0, 50], [6.0], 2.0), 6)
    3.0
    """
    total = 0.0
    for begin, end, rate in zip(edges_h[:-1], edges_h[1:], rates, strict=True):
        end = min(end, time_h)
        if begin < end:
            total += rate / service_rate * (math.exp(service_rate * (end - time_h)) - math.exp(service_rate * (begin - time_h)))
    return total
