"""Measure the sea way between the seaports of the network (`datasets/network/sea_distances.csv`).

pip install searoute==1.6.0; python datasets/scripts/make_sea_distances.py

searoute takes the nearest point of its own network for a place, however far: 武汉 snaps to 镇江 and "lies" 240 km from Shanghai.
So a port that snaps over 25 km is refused, and rivers come from the kilometre table, never from here.
"""

from __future__ import annotations

import csv
from itertools import combinations
from pathlib import Path

import searoute

FOLDER = Path(__file__).resolve().parents[1]
LIMIT_KM = 25.0
APPROACH = {"AEJEA": (54.95, 25.2), "VNSGN": (107.03, 10.3)}
"""Points off ports that themselves snap too far."""
COLUMNS = ["from", "to", "distance_km", "via", "distance_km_without_suez", "snap_km_from", "snap_km_to", "status", "source"]


def main() -> None:
    with (FOLDER / "network" / "nodes.csv").open(encoding="utf-8", newline="") as file:
        ports = [row for row in csv.DictReader(file) if row["kind"] == "seaport"]
    place = {row["node_id"]: APPROACH.get(row["node_id"], (float(row["lon"]), float(row["lat"]))) for row in ports}
    snap = {key: snap_km(place[key], place["CNYSA" if key != "CNYSA" else "SGSIN"]) for key in place}
    refused = sorted(key for key, km in snap.items() if km > LIMIT_KM)
    print("refused, they snap too far:", ", ".join(f"{key} {snap[key]:.0f} km" for key in refused) or "none")
    rows = []
    for start, end in combinations(sorted(set(place) - set(refused)), 2):
        way = searoute.searoute(place[start], place[end], return_passages=True)["properties"]
        if way["length"] < 1:
            continue  # two ports of one bay that snap to the same point
        other = way
        if "suez" in way["traversed_passages"]:
            other = searoute.searoute(place[start], place[end], restrictions=["northwest", "suez"])["properties"]
        rows.append(
            {
                "from": start,
                "to": end,
                "distance_km": f"{way['length']:.0f}",
                "via": ";".join(way["traversed_passages"]),
                "distance_km_without_suez": f"{other['length']:.0f}",
                "snap_km_from": f"{snap[start]:.1f}",
                "snap_km_to": f"{snap[end]:.1f}",
                "status": "derived",
                "source": "SEAROUTE",
            }
        )
    with (FOLDER / "network" / "sea_distances.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def snap_km(place: tuple[float, float], other: tuple[float, float]) -> float:
    """Return how far the first point of a way lies from where it should begin."""
    first = searoute.searoute(place, other)["geometry"]["coordinates"][0]
    return searoute.utils.distance(place, first, units="km")


if __name__ == "__main__":
    main()
