"""A network of six places small enough to reckon by hand: a foreign port, a port, two inland places, and a gauge break by rail."""

from __future__ import annotations

import networkx as nx

RELOAD_H = {("sea", "river"): 12.0, ("sea", "rail"): 10.0, ("river", "rail"): 6.0}
PLACES = {
    "NLRTM": ("荷兰", 4.5, 51.9, "Europe/Amsterdam", ()),
    "KZDOS": ("哈萨克斯坦", 82.5, 45.2, "Asia/Almaty", ()),
    "CNALA": ("中国", 82.6, 45.2, "Asia/Shanghai", ("entry", "exit")),
    "CNYSA": ("中国", 122.1, 30.6, "Asia/Shanghai", ("entry", "exit", "inland")),
    "CNWUH": ("中国", 114.3, 30.6, "Asia/Shanghai", ("inland",)),
    "CNCKG": ("中国", 106.6, 29.6, "Asia/Shanghai", ("inland",)),
}
LEGS = (  # from, to, mode, hours, yuan, kg
    ("NLRTM", "CNYSA", "sea", 700.0, 4000.0, 1200.0),
    ("CNYSA", "CNWUH", "river", 80.0, 900.0, 200.0),
    ("CNWUH", "CNCKG", "river", 130.0, 1200.0, 300.0),
    ("CNWUH", "CNCKG", "rail", 45.0, 1900.0, 400.0),
    ("NLRTM", "KZDOS", "rail", 250.0, 15000.0, 2500.0),
    ("KZDOS", "CNALA", "rail", 27.0, 1000.0, 50.0),
    ("CNALA", "CNCKG", "rail", 120.0, 6000.0, 900.0),
)


def customs_net(**gauge: object) -> nx.MultiDiGraph:
    """Return the network, with legs both ways; `gauge` changes the legs at the gauge break."""
    net = nx.MultiDiGraph(key="by_hand")
    reload = {}
    for (a, b), hours in RELOAD_H.items():
        for pair in ((a, b), (b, a)):
            reload[pair] = {"time_h": hours, "cost_cny_per_teu": 100.0, "breaks_seal": False}
    for key, (region, lon, lat, zone, roles) in PLACES.items():
        own = {pair: dict(how) for pair, how in reload.items()}
        net.add_node(key, region=region, lon=lon, lat=lat, tz=zone, roles=roles, reload=own, customs_office=key, open_hours=None)
    for u, v, mode, hours, cny, kg in LEGS:
        for a, b in ((u, v), (v, u)):
            net.add_edge(
                a, b, f"{mode}-{a}-{b}", mode=mode, time_h=hours, cost_cny_per_teu=cny, co2e_kg_per_teu=kg, risk=0.05, sealed_ok=True
            )
    for a, b in (("KZDOS", "CNALA"), ("CNALA", "KZDOS")):
        net.edges[a, b, f"rail-{a}-{b}"].update({"gauge_break": True, **gauge})
    return net
