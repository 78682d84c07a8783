"""Answers to exercise 12, and those of its misconceptions."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import networkx as nx

import workbench as wb

LEGS = [
    ("Chengdu", "Chongqing"),
    ("Chengdu", "Wuhan"),
    ("Chongqing", "Yichang"),
    ("Chongqing", "Changsha"),
    ("Yichang", "Wuhan"),
    ("Yichang", "Changsha"),
    ("Changsha", "Wuhan"),
    ("Changsha", "Ningbo"),
    ("Wuhan", "Nanjing"),
    ("Changsha", "Nanjing"),
    ("Nanjing", "Shanghai"),
    ("Shanghai", "Ningbo"),
]


# 12.1


network = cache(wb.network)


@cache
def best(origin, destination, regime, by):
    return wb.supply_chain.find_routes(network("yangtze_corridor"), origin, destination, k=1, by=by, regime=regime)[0]


def both(values):
    return (best(**values, by=by) for by in ("time_h", "cost_cny"))


def ways(values):
    quick, cheap = both(values)
    hours, price = cheap.time_h - quick.time_h, quick.cost_cny - cheap.cost_cny
    return {"fastest_h": quick.time_h, "cheapest_cny": cheap.cost_cny, "break_even_cny_per_h": price / hours}


def hours_of_the_cheapest(values):
    return best(**values, by="cost_cny").time_h


def price_of_the_quickest(values):
    return best(**values, by="time_h").cost_cny


def hours_a_yuan(values):
    return 1 / ways(values)["break_even_cny_per_h"]


def price_an_hour(values):
    quick, _ = both(values)
    return quick.cost_cny / quick.time_h


# 12.2


def ports(values):
    graph = nx.Graph()
    graph.add_weighted_edges_from([(*leg, hours) for leg, hours in zip(LEGS, values["hours"], strict=True)], weight="time_h")
    return graph


def mean_hours(graph, nodes):
    """Mean of the quickest ways between all pairs of some places, by way of all that are open."""
    return nx.floyd_warshall_numpy(graph, nodes, weight="time_h").sum() / (len(nodes) * (len(nodes) - 1))


def closure(values):
    """The graph, the places that stay open, and the mean way between them after the closure."""
    graph = ports(values)
    others = [place for place in graph if place != values["port"]]
    hours = dict(nx.all_pairs_dijkstra_path_length(graph.subgraph(others), weight="time_h"))
    pairs = [(start, end) for start in others for end in others if start != end]
    return graph, pairs, sum(hours[start][end] for start, end in pairs) / len(pairs)


def transfer(values):
    graph, pairs, after = closure(values)
    before = sum(nx.shortest_path_length(graph, *pair, weight="time_h") for pair in pairs) / len(pairs)
    shares = nx.betweenness_centrality(graph, weight="time_h")
    return {"betweenness": shares[values["port"]], "mean_detour_h": after - before}


def by_number_of_legs(values):
    return nx.betweenness_centrality(ports(values))[values["port"]]


def whole_way_round(values):
    return closure(values)[2]


def closed_port_counted(values):
    graph, _, after = closure(values)
    return after - mean_hours(graph, list(graph))


# 12.3


def counted(stops, seal_once):
    return {"ordinary": sum(customs for customs, _ in stops), "seal_once": seal_once}


def n_inspections(stops):
    n, sealed = 0, False
    for customs, broken in stops:
        sealed = sealed and not broken
        if customs and not sealed:
            n, sealed = n + 1, True
    return counted(stops, n)


def once_whatever_happens(stops):
    return counted(stops, 1)


def every_broken_seal(stops):
    return counted(stops, 1 + sum(broken for _, broken in stops))


def cases_n_inspections(draws, values):
    """Ten ways: each has customs first, a seal that breaks twice before the next customs, and customs again."""
    cases = []
    for _ in range(10):
        between = [[False, True], [False, False]] * draws.whole(1, 2) + [[False, True]]
        way = [[True, False], [True, False], *draws.shuffled(between), [True, draws.pick([True, False])]]
        further = [[draws.pick([True, False]), draws.pick([True, False, False])] for _ in range(draws.whole(0, 4))]
        cases.append([way + further])
    return cases


# 12.4


def kind_of(goods):
    places = {place for leg in goods for place in leg}
    if "inland" in places:
        return "ordinary"
    if "zone" in places:
        return "entrepot" if goods[-1][1] == "abroad" else "unknown"
    return "offshore"


def last_leg_decides(goods):
    return {"inland": "ordinary", "zone": "unknown", "abroad": "offshore"}[goods[-1][1]]


def zone_before_inland(goods):
    places = {place for leg in goods for place in leg}
    if "zone" in places:
        return "entrepot" if goods[-1][1] != "zone" else "unknown"
    return "ordinary" if "inland" in places else "offshore"


def cases_kind_of(draws, values):
    ways = [["abroad", "abroad"], ["abroad", "abroad", "abroad"], ["abroad", "zone", "abroad"], ["abroad", "abroad", "zone", "abroad"]]
    ways += [["abroad", "zone", "zone", "abroad"], ["abroad", "zone", "inland"], ["abroad", "zone", "zone", "inland"]]
    ways += [["inland", "zone", "abroad"], ["inland", "abroad"], ["abroad", "zone"]]
    return [[[list(leg) for leg in pairwise(way)]] for way in draws.shuffled(ways)]
