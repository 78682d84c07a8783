"""Make the tables of the transport network (`datasets/network/`) from the raw ones (`datasets/raw/`).

python datasets/scripts/make_network.py

Raw: nodes and legs as collected (distance, times, price, frequency, period, sources), and what is assumed of each kind of
leg. Added here, each by a rule that stands below: time zones, roles at the border, customs offices, days of validity,
capacity, reliability, emissions and weekly departures. Written by hand in `datasets/network/` and left alone: reloads.csv,
opening_hours.csv.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]
CHINA = "中国"  # the mainland's customs territory; 中国香港, 中国澳门 and 中国台湾 are customs territories of their own
TONNES_PER_TEU = 10.0  # goods in a TEU for the emissions of a leg; graph attribute mass_t_per_teu

TIME_ZONES = {
    "中国": "Asia/Shanghai",
    "中国香港": "Asia/Hong_Kong",
    "中国澳门": "Asia/Macau",
    "中国台湾": "Asia/Taipei",
    "丹麦": "Europe/Copenhagen",
    "俄罗斯": "Europe/Moscow",
    "加拿大": "America/Vancouver",
    "卢森堡": "Europe/Luxembourg",
    "印度": "Asia/Kolkata",
    "印度尼西亚": "Asia/Jakarta",
    "哈萨克斯坦": "Asia/Almaty",
    "埃及": "Africa/Cairo",
    "希腊": "Europe/Athens",
    "德国": "Europe/Berlin",
    "意大利": "Europe/Rome",
    "斯里兰卡": "Asia/Colombo",
    "新加坡": "Asia/Singapore",
    "日本": "Asia/Tokyo",
    "比利时": "Europe/Brussels",
    "法国": "Europe/Paris",
    "波兰": "Europe/Warsaw",
    "泰国": "Asia/Bangkok",
    "澳大利亚": "Australia/Sydney",
    "白俄罗斯": "Europe/Minsk",
    "美国": "America/Los_Angeles",
    "肯尼亚": "Africa/Nairobi",
    "英国": "Europe/London",
    "荷兰": "Europe/Amsterdam",
    "菲律宾": "Asia/Manila",
    "蒙古": "Asia/Ulaanbaatar",
    "西班牙": "Europe/Madrid",
    "越南": "Asia/Ho_Chi_Minh",
    "阿联酋": "Asia/Dubai",
    "韩国": "Asia/Seoul",
    "马来西亚": "Asia/Kuala_Lumpur",
}
OWN_TIME_ZONES = {
    "RU-ZABAIKALSK": "Asia/Chita",
    "RUYEK": "Asia/Yekaterinburg",
    "USNYC": "America/New_York",
    "AP-ANC": "America/Anchorage",
    "AP-ORD": "America/Chicago",
}

# District in Chinese → key of catalogues/offices.yaml; nodes with an office of their own come second.
DISTRICTS = {
    "上海海关": "CNSHA",
    "南京海关": "CNNKG",
    "杭州海关": "CNHGH",
    "宁波海关": "CNNGB",
    "合肥海关": "CNHFE",
    "南昌海关": "CNKHN",
    "武汉海关": "CNWUH",
    "长沙海关": "CNCSX",
    "重庆海关": "CNCKG",
    "成都海关": "CNCTU",
    "贵阳海关": "CNKWE",
    "昆明海关": "CNKMG",
    "广州海关": "CNCAN",
    "深圳海关": "CNSZX",
    "拱北海关": "CNZUH",
    "黄埔海关": "CNHUA",
    "厦门海关": "CNXMN",
    "南宁海关": "CNNNG",
    "青岛海关": "CNTAO",
    "郑州海关": "CNCGO",
    "太原海关": "CNTYN",
    "西安海关": "CNSIA",
    "兰州海关": "CNLHW",
    "乌鲁木齐海关": "CNURC",
    "大连海关": "CNDLC",
    "哈尔滨海关": "CNHRB",
    "呼和浩特海关": "CNHET",
    "满洲里海关": "CNMLX",
    "天津海关": "CNTSN",
}
OWN_OFFICES = {
    "CNYSA": "CNYSA",
    "CNWGQ": "CNWGQ",
    "AP-PVG": "CNPVG",
    "CNYTN": "CNYTN",
    "CNSHK": "CNSHK",
    "CNHUG": "CNHUG",
    "CNSZW": "CNSZW",
    "CN-FTZ-WGQ": "CNWGQBZ",
    "CN-FTZ-YS": "CNYSABZ",
    "CN-FTZ-PVG": "CNPVGBZ",
    "CNKUS": "CNKUNBZ",
    "CN-FTZ-XY": "CNCKGBZ",
    "CN-FTZ-SIP": "CNSZH",
}
# City code → the node that stands for the city, where the code is no node itself.
CITIES = {
    "CNSHA": "CNYSA",
    "CNCKG": "CN-GUOYUAN",
    "CNWUH": "CN-YANGLUO",
    "CNNKG": "CNNJG",
    "CNHGH": "CNHAZ",
    "CNHFE": "CNHFI",
    "CNKHN": "CNNCH",
    "CNCSX": "CNCSH",
    "CNCTU": "CN-CDQBJ",
    "CNKWE": "CNGYA",
    "CNKMG": "CNKNM",
    "CNNGB": "CNBLG",
    "CNTYN": "CNTYU",
    "CNCGO": "CN-PUTIAN",
    "CNSIA": "CNXAG",
    "CNLHW": "CNLAZ",
    "CNURC": "CNURM",
    "CNHRB": "CNHRN",
    "CNTAO": "CNQDG",
    "CNTSN": "CNTXG",
    "CNDLC": "CNDAG",
    "CNXMN": "CNXMG",
    "CNCAN": "CNNSA",
    "CNSZX": "CNYTN",
    "CNSZH": "CNKUS",
}
LABEL_POSITIONS = {
    "CNYSA": "bottom right",
    "CNWGQ": "top right",
    "CN-WUSONG": "bottom left",
    "CNNJG": "top left",
    "CNWHI": "bottom left",
    "CNTAC": "top left",
    "CNNTG": "top right",
    "CNZJG": "bottom left",
    "CNJIU": "bottom left",
    "CNHSI": "bottom right",
    "CN-YANGLUO": "top right",
    "CNCLJ": "bottom left",
    "CN-GUOYUAN": "top right",
    "CNCTN": "bottom left",
    "CN-3GORGES": "top left",
    "CN-GEZHOUBA": "bottom right",
    "CNYCG": "top right",
    "CNHFI": "top left",
}

# Period as the source prints it → first and last day in service; every other row stands for the years about 2015.
VALID = {
    "2007-03 on": ("2007-03-01", ""),
    "2014-11 on (first trip)": ("2014-11-01", ""),
    "2014-12 on": ("2014-12-01", ""),
    "2015 on": ("2015-01-01", ""),
    "2015-03 on": ("2015-03-01", ""),
    "2015-04..2015-12": ("2015-04-01", ""),
    "2016-02": ("2016-02-01", ""),
    "2017-02 on": ("2017-02-01", ""),
    "2023-12 on (not 2015)": ("2023-12-01", ""),
}
FIRST_TRAINS = {  # year of the first trains in the sources of the row
    "CRE-CN-CQTJC-DEDUI": "2011-01-01",
    "CRE-DEDUI-CN-CQTJC": "2013-01-01",
    "CRE-CN-CDQBJ-PLLOD": "2013-01-01",
    "CRE-PLLOD-CN-CDQBJ": "2014-01-01",
    "CRE-CN-PUTIAN-DEHAM": "2013-07-01",
    "CRE-DEHAM-CN-PUTIAN": "2014-01-01",
    "CRE-CN-SUZHOUW-PLWAW": "2012-01-01",
    "CRE-CNHRN-DEHAM": "2015-01-01",
    "CRE-CN-WUJIASHAN-DEDUI": "2014-01-01",
}

# The ship lift beside the Three Gorges locks opened on 2016-09-18 (passage 0.8 h, no queue assumed, ships of 3,000 t).
LIFT = {
    "mode": "river",
    "distance_km": "39",
    "time_h_typical": "8.1",
    "time_h_low": "4.1",
    "time_h_high": "24",
    "cost_cny_per_teu": "31",
    "frequency_per_week": "",
    "period": "2016-09-18 on",
    "status": "derived",
    "source": "S-LIFT16;RIVER-RULE;TEACH-TIME",
    "confidence": "low",
    "corridor": "yangtze;sichuan_chongqing",
    "published_fields": "service",
}
VALID[LIFT["period"]] = ("2016-09-18", "")

NODE_COLUMNS = [
    "node_id",
    "name_zh",
    "name_en",
    "region",
    "kind",
    "lon",
    "lat",
    "tz",
    "modes",
    "roles",
    "customs_district_zh",
    "customs_office",
    "city_code",
    "river_km",
    "teu_2015",
    "calendar",
    "label_pos",
    "status",
    "source",
    "confidence",
    "corridors",
]
LEG_COLUMNS = [
    "leg_id",
    "from",
    "to",
    "mode",
    "distance_km",
    "time_h",
    "time_h_low",
    "time_h_high",
    "cost_cny_per_teu",
    "co2e_kg_per_teu",
    "reliability",
    "capacity_teu_week",
    "frequency_per_week",
    "cutoff_h",
    "sealed_ok",
    "gauge_break",
    "emission_class",
    "service",
    "via",
    "valid_from",
    "valid_to",
    "period",
    "published_fields",
    "status",
    "source",
    "confidence",
    "corridors",
]
# Border stations that through trains pass (course reading of the named services).
WEST = "CN-ALASHANKOU;KZ-DOSTYK;BYBQT;PLMAA"
NORTH = "CNMLX;RU-ZABAIKALSK;BYBQT;PLMAA"
VIA = {
    "CRE-CN-CQTJC-DEDUI": WEST,
    "CRE-CN-CDQBJ-PLLOD": WEST,
    "CRE-CN-PUTIAN-DEHAM": WEST,
    "CRE-CNYIU-ESMAD": WEST,
    "CRE-CN-WUJIASHAN-DEDUI": WEST,
    "CRE-CN-SUZHOUW-PLWAW": NORTH,
    "CRE-CNHRN-DEHAM": NORTH,
    "CRE-CNLYG-KZALA": "CN-ALASHANKOU;KZ-DOSTYK",
}
SEAWARD_KM = -100.0  # Yangshan lies beyond kilometre 0

SCHEDULE_COLUMNS = ["leg_id", "weekdays", "hours_local", "valid_from", "valid_to", "status", "source"]


def main() -> None:
    nodes = read(FOLDER / "raw" / "network_nodes.csv")
    legs = read(FOLDER / "raw" / "network_legs.csv") + lift_legs()
    classes = {row["class"]: row for row in read(FOLDER / "raw" / "leg_classes.csv")}
    factors = {row["emission_class"]: float(row["g_co2e_per_tkm_wtw"] or 0) for row in read(FOLDER / "network" / "emission_factors.csv")}
    region = {row["node_id"]: row["region"] for row in nodes}
    river_km = {row["node_id"]: float(row["river_km_from_wusong"]) for row in nodes if row["river_km_from_wusong"]}
    made = [{**leg(row, classes, factors, region), "via": via(row, river_km)} for row in legs]
    write(FOLDER / "network" / "legs.csv", LEG_COLUMNS, made)
    write(FOLDER / "network" / "nodes.csv", NODE_COLUMNS, [node(row, made, region) for row in nodes])
    write(FOLDER / "network" / "schedules.csv", SCHEDULE_COLUMNS, schedules(made))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, columns: list[str], rows: list[dict]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def status(row: dict[str, str]) -> str:
    """A row of low confidence is never cited: it becomes a teaching row."""
    return "teaching" if row["status"] == "real" and row["confidence"] == "low" else row["status"]


# ---------------------------------------------------------------------------------------------------------------- legs


def lift_legs() -> list[dict[str, str]]:
    ends = ("CN-3GORGES", "CN-GEZHOUBA")
    return [{**LIFT, "leg_id": f"LIFT-{a}-{b}", "from": a, "to": b} for a, b in (ends, ends[::-1])]


def leg(row: dict[str, str], classes: dict, factors: dict, region: dict[str, str]) -> dict:
    prefix = row["leg_id"].split("-")[0]
    assumed = classes[leg_class(row, prefix, region)]
    first, last = VALID.get(row["period"], ("", ""))
    frequency = float(row["frequency_per_week"] or 0)
    per_week = frequency * float(assumed["teu_per_departure"] or 0) or float(assumed["teu_per_week"] or 0)
    return {
        **{name: row[name] for name in ("leg_id", "from", "to", "mode", "distance_km", "time_h_low", "time_h_high", "cost_cny_per_teu")},
        **{name: row[name] for name in ("frequency_per_week", "period", "published_fields", "source", "confidence")},
        "time_h": row["time_h_typical"],
        "co2e_kg_per_teu": f"{float(row['distance_km']) * TONNES_PER_TEU * factors[assumed['emission_class']] / 1000:.1f}",
        "reliability": reliability(assumed, float(row["distance_km"])),
        "capacity_teu_week": f"{per_week:g}" if per_week else "",
        "cutoff_h": assumed["cutoff_h"],
        "sealed_ok": assumed["sealed_ok"],
        "gauge_break": assumed["gauge_break"],
        "emission_class": assumed["emission_class"],
        "service": row["leg_id"] if prefix in ("SV", "CRE", "SHT") or (frequency and prefix == "RL") else "",
        "valid_from": FIRST_TRAINS.get(row["leg_id"], first),
        "valid_to": last,
        "status": status(row),
        "corridors": row["corridor"],
    }


def via(row: dict[str, str], river_km: dict[str, float]) -> str:
    """Return the nodes that a service passes without a stop: river nodes by kilometre, border stations from the list."""
    if row["leg_id"] in VIA:
        return VIA[row["leg_id"]]
    back = row["leg_id"].split("-")[0] + f"-{row['to']}-{row['from']}"
    if back in VIA:
        return ";".join(reversed(VIA[back].split(";")))
    km = {**river_km, "CNYSA": SEAWARD_KM}
    if row["mode"] != "river" or row["from"] not in km or row["to"] not in km:
        return ""
    low, high = sorted((km[row["from"]], km[row["to"]]))
    passed = sorted((key for key, at in river_km.items() if low < at < high), key=river_km.__getitem__)
    return ";".join(passed if km[row["from"]] < km[row["to"]] else reversed(passed))


def leg_class(row: dict[str, str], prefix: str, region: dict[str, str]) -> str:
    if {row["from"], row["to"]} == {"CN-3GORGES", "CN-GEZHOUBA"} and prefix == "SEG":
        return "LOCK"
    if prefix != "SEA":
        return prefix
    ends = {region[row["from"]], region[row["to"]]}
    if ends & {"美国", "加拿大"}:
        return "SEA-US"
    return "SEA-EU" if ends & {"荷兰", "比利时", "德国", "英国", "希腊", "意大利"} else "SEA"


def reliability(assumed: dict[str, str], distance_km: float) -> str:
    """Return the chance to be on time; of segments it falls with length, so that a way of many is no worse than one long leg."""
    chance = float(assumed["reliability"])
    per_km = float(assumed["reliability_per_km"] or 0)
    return f"{chance ** (distance_km / per_km) if per_km else chance:.4f}"


def schedules(legs: list[dict]) -> list[dict]:
    """Spread the weekly departures of a leg over the week; days and hours are made up, the number is the row's.

    Less than one departure a week fits no weekly timetable: such a leg has a frequency and no row here.
    """
    rows = []
    for row in legs:
        per_week = round(float(row["frequency_per_week"] or 0))
        if not per_week:
            continue
        start = sum(map(ord, row["leg_id"])) % 7  # a fixed spread, so that not all sail on Monday
        days = sorted({(start + k * 7 // min(per_week, 7)) % 7 for k in range(min(per_week, 7))})
        per_day = max(1, round(per_week / 7))
        hours = [18.0] if per_day == 1 else [k * 24 / per_day for k in range(per_day)]
        rows.append(
            {
                "leg_id": row["leg_id"],
                "weekdays": ";".join(map(str, days)),
                "hours_local": ";".join(f"{hour:g}" for hour in hours),
                "valid_from": row["valid_from"],
                "valid_to": row["valid_to"],
                "status": "teaching",
                "source": "TEACH-TIME",
            }
        )
    return rows


# --------------------------------------------------------------------------------------------------------------- nodes


def node(row: dict[str, str], legs: list[dict], region: dict[str, str]) -> dict:
    key = row["node_id"]
    codes = row["source"].split(";")[0] in ("UNLOCODE", "AIRPORTSDATA")
    sure = "teaching" if row["confidence"] == "low" else "real" if codes else "derived"
    return {
        **{
            name: row[name]
            for name in ("node_id", "name_zh", "name_en", "region", "kind", "lon", "lat", "customs_district_zh", "teu_2015", "source")
        },
        "tz": OWN_TIME_ZONES.get(key, TIME_ZONES[row["region"]]),
        "modes": ";".join(sorted(row["modes"].split(";"))),
        "roles": ";".join(roles(row, legs, region)),
        "customs_office": OWN_OFFICES.get(key) or DISTRICTS.get(row["customs_district_zh"], ""),
        "city_code": ";".join(city for city, node_id in CITIES.items() if node_id == key),
        "river_km": row["river_km_from_wusong"],
        "label_pos": LABEL_POSITIONS.get(key, ""),
        "status": sure,
        "confidence": row["confidence"],
        "corridors": row["corridor"],
    }


def roles(row: dict[str, str], legs: list[dict], region: dict[str, str]) -> list[str]:
    """Say what customs can be asked to do at a node: entry and exit where a leg crosses the customs border.

    Transfer where goods can change the mode, inland where the node has a customs district and goods can start or end.
    """
    key, found = row["node_id"], defaultdict(bool)
    if row["region"] == CHINA and row["kind"] != "gateway":
        found["entry"] = any(leg["to"] == key and region[leg["from"]] != CHINA for leg in legs)
        found["exit"] = any(leg["from"] == key and region[leg["to"]] != CHINA for leg in legs)
        found["inland"] = bool(row["customs_district_zh"]) and row["kind"] != "land_port"
    found["transfer"] = row["kind"] != "gateway" and len(row["modes"].split(";")) > 1
    return sorted(name for name, holds in found.items() if holds)


if __name__ == "__main__":
    main()
