"""Write coastlines and schematic rivers as plain lines (`datasets/network/coast.csv`, `rivers.csv`).

npm pack world-atlas@2.0.2; tar xzf world-atlas-2.0.2.tgz; python datasets/scripts/make_coast.py package/

The coast is Natural Earth's land (public domain): 1:110 million for the world and 1:50 million for East Asia. Land is one
shape: the file holds no boundary of any level. The Yangtze is drawn through the river ports of the network, so it is a sketch.
"""

from __future__ import annotations

import csv
import itertools
import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]
EAST_ASIA = (95.0, 10.0, 132.0, 46.0)  # west, south, east, north
LEAST_AREA = 0.02  # square degrees: smaller islands of the close-up are left out
TRIBUTARIES = {"xiang": ["CNCSH", "CNCLJ"], "gan": ["CNNCH", "CNJIU"]}


def main(package: Path) -> None:
    rows = []
    for scale, name, box in (("world", "land-110m.json", None), ("east_asia", "land-50m.json", EAST_ASIA)):
        n = 0
        for ring in rings(json.loads((package / name).read_text())):
            for part in clipped(ring, box):
                n += 1
                rows += [(scale, n, f"{lon:.2f}", f"{lat:.2f}") for lon, lat in part]
    write("coast.csv", ["scale", "line", "lon", "lat"], rows)
    with (FOLDER / "network" / "nodes.csv").open(encoding="utf-8", newline="") as file:
        nodes = {row["node_id"]: row for row in csv.DictReader(file)}
    main_stem = sorted(
        (row for row in nodes.values() if row["river_km"] and row["node_id"] != "CNWGQ"), key=lambda row: -float(row["river_km"])
    )
    lines = {"yangtze": [row["node_id"] for row in main_stem] + ["CNWGQ"], **TRIBUTARIES}
    points = [(name, nodes[key]["lon"], nodes[key]["lat"]) for name, keys in lines.items() for key in keys]
    write("rivers.csv", ["line", "lon", "lat"], points)


def rings(atlas: dict) -> list[list[tuple[float, float]]]:
    """Return the outlines of the land of a TopoJSON file, in degrees."""
    (sx, sy), (tx, ty) = atlas["transform"]["scale"], atlas["transform"]["translate"]
    arcs = []
    for arc in atlas["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)
    found = []
    for shape in atlas["objects"]["land"]["geometries"]:
        for polygon in shape["arcs"]:
            for ring in polygon:
                points: list[tuple[float, float]] = []
                for index in ring:
                    arc = arcs[index] if index >= 0 else arcs[~index][::-1]
                    points += arc[1:] if points else arc
                found.append(points)
    return found


def clipped(ring: list[tuple[float, float]], box: tuple | None) -> list[list[tuple[float, float]]]:
    """Cut a ring at the box; drop the seams along the edge of the world and, in a close-up, the smallest islands."""
    if box and area(ring) < LEAST_AREA:
        return []
    parts: list[list[tuple[float, float]]] = [[]]
    for start, end in itertools.pairwise(ring):
        seam = (abs(start[0]) > 179.9 and abs(end[0]) > 179.9) or start[1] < -89 or end[1] < -89
        inside = not box or all(box[0] <= lon <= box[2] and box[1] <= lat <= box[3] for lon, lat in (start, end))
        if seam or not inside:
            parts.append([])
            continue
        parts[-1] += [start, end] if not parts[-1] else [end]
    return [part for part in parts if len(part) > 1]


def area(ring: list[tuple[float, float]]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))) / 2


def write(name: str, columns: list[str], rows: list[tuple]) -> None:
    with (FOLDER / "network" / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
