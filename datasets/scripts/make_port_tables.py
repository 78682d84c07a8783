"""Make `shanghai_port_2015.csv` and `shenzhen_2004_2007.csv`: one observation a row, picked from `source_figures.csv`.

python datasets/scripts/make_port_tables.py
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]
COLUMNS = ("key", "topic", "quantity_en", "quantity_zh", "value", "unit", "change", "qualifier", "year", "period", "place", "figure")

SHANGHAI = {
    "inspection_fee": {
        "containers_inspected": "sh-inspected-teu",
        "containers_in_order": "sh-clean-teu",
        "fees_saved": "sh-fee-saved",
        "share_in_order": "derived-clean-rate",
        "share_not_in_order": "derived-hit-rate",
        "fee_saved_per_teu": "derived-fee-per-teu",
    },
    "double_random": {"random_share": "sh-random-share", "random_dispatch": "sh-random-dispatch"},
    "ciq_paperless": {
        "ciq_pilot_offices": "ciq-paperless-offices",
        "ciq_pilot_firms": "ciq-paperless-firms",
        "ciq_paperless_batches": "ciq-paperless-batches",
        "ciq_paperless_inspections": "ciq-paperless-inspections",
    },
    "cross_border_e_commerce": {
        "cbec_orders": "cbec-orders",
        "cbec_value": "cbec-value",
        "cbec_value_per_order": "derived-cbec-ticket",
        "cbec_direct_mail_growth": "cbec-direct-growth",
        "cbec_bonded_growth": "cbec-bonded-growth",
        "cbec_firms": "cbec-firms",
        "cbec_firms_growth": "cbec-firms-growth",
        "cbec_goods": "cbec-goods",
        "cbec_goods_growth": "cbec-goods-growth",
    },
    "yangshan_navigation": {
        "two_way_passages": "ys-two-way-count",
        "two_way_vessels": "ys-two-way-ships",
        "berth_wait_before": "ys-wait-before",
        "berth_wait_after": "ys-wait-after",
        "berth_utilisation_rise": "ys-utilisation-rise",
        "visibility_limit": "ys-low-vis-m",
    },
    "port_service": {
        "service_days": "seaport-days",
        "service_hours": "seaport-hours",
        "vessel_plan_horizon": "vessel-plan-hours",
        "vessel_e_permits": "vessel-e-permits",
        "throughput": "ftz-teu",
        "throughput_growth": "ftz-teu-growth",
        "throughput_2014": "derived-ftz-teu-2014",
        "world_rank": "sh-port-rank",
    },
    "cruise": {
        "cruise_calls": "cruise-quarantine-calls",
        "cruise_calls_growth": "cruise-calls-growth",
        "cruise_entrants": "cruise-entrants",
        "cruise_entrants_growth": "cruise-entrants-growth",
        "cruise_call_share": "cruise-national-ships-share",
        "cruise_passenger_share": "cruise-national-persons-share",
        "cruise_lanes": "cruise-lanes",
    },
    "apmen": {"apmen_economies": "apmen-economies", "apmen_ports": "apmen-ports"},
    "credit_platform": {
        "credit_ship_agents": "credit-legal-registrations",
        "credit_border_integrity": "credit-qualifications",
        "credit_persons": "credit-persons",
    },
    "motor_show": {"show_vw_cars": "auto-show-vw", "show_volvo_cars": "auto-show-volvo", "show_value": "auto-show-value"},
    "yangtze_belt": {
        "professional_review_share": "belt-prof-review-share",
        "declaration_accuracy": "belt-declaration-accuracy",
        "back_duty": "belt-back-duty",
        "belt_offices": "belt-offices",
        "integrated_declaration_share": "belt-integrated-share",
        "trade_share": "belt-trade-share",
        "trade_share_rise": "belt-trade-share-rise",
        "cost_cut_against_transit": "belt-cost-cut",
        "direct_import_firms": "belt-import-direct-firms",
        "direct_export_coverage": "belt-export-direct-coverage",
        "ciq_batches": "belt-ciq-batches",
        "ciq_days_saved": "belt-ciq-days-saved",
        "ciq_cost_saved": "belt-ciq-cost-saved",
        "ciq_days_saved_per_batch": "derived-days-per-batch",
        "ciq_cost_saved_per_batch": "derived-cost-per-batch",
    },
    "inland_corridors": {
        "hefei_departures_low": "hefei-departures-low",
        "hefei_departures_high": "hefei-departures-high",
        "daily_service_departures": "daily-liner-frequency",
        "chenglingji_sailings": "chenglingji-sailings",
        "chenglingji_containers": "chenglingji-containers",
        "chenglingji_load": "derived-chenglingji-load",
        "chenglingji_transfer_low": "chuanyu-transfer-low",
        "chenglingji_transfer_high": "chuanyu-transfer-high",
        "shanxi_six_customs_trade": "shanxi-six-value",
        "shanxi_six_customs_share": "shanxi-six-share",
        "shanxi_shanghai_trade": "shanxi-shanghai-value",
        "shanxi_transit_declarations": "shanxi-transit-entries",
        "shanxi_integrated_declarations": "shanxi-integrated-entries",
        "shanxi_integrated_share": "derived-shanxi-integrated-share",
        "shanxi_trade": "derived-shanxi-total",
        "jiangxi_freight": "jiangxi-freight",
        "jiangxi_via_shanghai_share": "jiangxi-shanghai-share",
    },
    "pilot_zone": {
        "zone_new_firms": "ftz-new-firms",
        "zone_new_firms_growth": "ftz-new-firms-growth",
        "zone_outbound_projects": "ftz-outbound-projects",
        "zone_bonded_trade": "ftz-bonded-trade",
        "zone_bonded_trade_share": "ftz-bonded-trade-share",
        "shanghai_trade": "derived-shanghai-trade",
        "zone_area": "ftz-shanghai-area",
    },
    "single_window": {
        "single_window_items": "sw-data-items",
        "single_window_shared_items": "sw-shared-items",
        "single_window_firms": "sw-firms",
        "single_window_declarations": "sw-declarations",
        "single_window_first_line_filings": "sw-first-line-filings",
    },
    "targets_2016": {"target_sea_import_cut": "target-import-container", "target_air_import_cut": "target-import-air"},
}

SHENZHEN = {
    "firms": {
        "registered_firms": "sz-firms",
        "processing_firms": "sz-processing-firms",
        "large_firms": "sz-large-firms",
        "large_firm_threshold": "sz-large-threshold",
        "large_firm_share_of_firms": "derived-large-firm-share-of-firms",
        "large_firm_trade_share_low": "sz-large-share-low",
        "large_firm_trade_share_high": "sz-large-share-high",
    },
    "workload": {
        "persons_growth": "sz-growth-persons",
        "conveyances_growth": "sz-growth-conveyances",
        "containers_growth": "sz-growth-containers",
        "throughput_expected": "sz-teu-2007",
    },
    "client_coordinators": {
        "coordinator_firms": "sz-coordinator-firms",
        "coordinator_export_growth": "sz-coordinator-export-growth",
        "coordinator_duty_growth": "sz-coordinator-tax-growth",
    },
    "tiers": {"enterprise_tiers": "sz-enterprise-tiers"},
}


def observations(topics: dict[str, dict[str, str]], figures: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    """Return the tidy rows of the picked figures; a period that names several years has no `year`."""
    rows = []
    for topic, keys in topics.items():
        for key, figure_id in keys.items():
            figure = figures[figure_id]
            years = set(re.findall(r"(?:19|20)\d\d", figure["period"]))
            year = years.pop() if len(years) == 1 else ""
            row = {column: figure[column] for column in ("value", "unit", "change", "qualifier", "period")}
            row |= {"key": key, "topic": topic, "quantity_en": figure["what_en"], "quantity_zh": figure["what_zh"]}
            rows.append(row | {"year": year, "place": figure["scope"], "figure": figure_id})
    return rows


def main() -> None:
    with (FOLDER / "source_figures.csv").open(encoding="utf-8", newline="") as file:
        figures = {row["id"]: row for row in csv.DictReader(file)}
    for name, topics in (("shanghai_port_2015", SHANGHAI), ("shenzhen_2004_2007", SHENZHEN)):
        with (FOLDER / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(observations(topics, figures))


if __name__ == "__main__":
    main()
