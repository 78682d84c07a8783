"""Write the twelve teaching deals (`offshore_cases.csv`) and one shipment in six forms of logistics (`logistics_forms.csv`).

python datasets/scripts/make_offshore_cases.py

All parties, numbers and dates are made up. What each case shows stands in `workbench/catalogues/offshore_deals.yaml`.
"""

from __future__ import annotations

import csv
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]
COLUMNS = (
    *("deal_id", "edge_id", "layer", "source", "target", "doc_type", "doc_no", "refers_to", "amount", "currency", "t", "arrival"),
    *("incoterm", "hs6", "qty", "unit", "place", "place_to", "bank", "status"),
)
A, B, C, D, E, F = "company_a", "company_b", "company_c", "company_d", "importer_e", "buyer_f"


class Case:
    """The edges of one deal, in the order in which they are written; `stem` begins the numbers of its documents."""

    def __init__(self, deal_id: str, stem: str, hs6: str = "", unit: str = "") -> None:
        self.deal_id, self.stem, self.goods = deal_id, stem, {"hs6": hs6, "unit": unit} if hs6 else {}
        self.rows: list[dict] = []

    def edge(self, layer: str, source: str, target: str, **given: object) -> None:
        number = {"deal_id": self.deal_id, "edge_id": f"{self.stem}-{len(self.rows) + 1:02d}"}
        self.rows.append({**number, "layer": layer, "source": source, "target": target, **given})

    def order(self, buyer: str, seller: str, number: str, t: str, qty: float, amount: float, incoterm: str, currency: str = "USD") -> None:
        self.edge(
            "order", buyer, seller, doc_type="sales_contract", doc_no=f"{self.stem}-{number}", t=t, qty=qty, amount=amount,
            currency=currency, incoterm=incoterm, **self.goods,
        )  # fmt: skip

    def goods_move(self, source: str, target: str, number: str, t: str, arrival: str, qty: float, place: str, place_to: str) -> None:
        bill = {"doc_type": "bill_of_lading", "doc_no": f"{self.stem}-{number}"} if number else {}
        self.edge("goods", source, target, **bill, t=t, arrival=arrival, qty=qty, place=place, place_to=place_to, **self.goods)

    def bill(self, giver: str, taker: str, number: str, t: str, qty: float, place: str, place_to: str) -> None:
        self.edge(
            "document", giver, taker, doc_type="bill_of_lading", doc_no=f"{self.stem}-{number}", t=t, qty=qty, place=place,
            place_to=place_to, **self.goods,
        )  # fmt: skip

    def invoice(
        self, seller: str, buyer: str, number: str, cites: str, t: str, qty: float, amount: float, currency: str = "USD", **more: object
    ) -> None:
        self.edge(
            "document", seller, buyer, doc_type="commercial_invoice", doc_no=f"{self.stem}-{number}", refers_to=self.cite(cites), t=t,
            qty=qty, amount=amount, currency=currency, **self.goods, **more,
        )  # fmt: skip

    def pay(self, payer: str, payee: str, cites: str, t: str, amount: float, bank: str = "bank_1", currency: str = "USD") -> None:
        number = f"{self.stem}-T{1 + sum(row['layer'] == 'fund' for row in self.rows)}"
        self.edge(
            "fund", payer, payee, doc_type="payment_order", doc_no=number, refers_to=self.cite(cites), t=t, amount=amount,
            currency=currency, bank=bank,
        )  # fmt: skip

    def loan(self, bank: str, borrower: str, cites: str, t: str, amount: float) -> None:
        self.edge("fund", bank, borrower, doc_type="trade_loan", refers_to=self.cite(cites), t=t, amount=amount, currency="USD", bank=bank)

    def declare(self, declarant: str, doc_type: str, number: str, cites: str, t: str, qty: float, amount: float) -> None:
        self.edge(
            "document", declarant, "customs", doc_type=doc_type, doc_no=f"{self.stem}-{number}", refers_to=self.cite(cites), t=t, qty=qty,
            amount=amount, currency="USD", **self.goods,
        )  # fmt: skip

    def cite(self, numbers: str) -> str:
        return ";".join(f"{self.stem}-{number}" for number in numbers.split())

    def resale(
        self, days: tuple[str, ...], qty: float, buy: float, sell: float, way: tuple[str, str], bank: str = "bank_1", incoterm: str = "FOB"
    ) -> None:
        """Let B buy from A and sell to C, while the goods go from A to C."""
        ordered, sold, left, arrived, invoiced, paid = days
        self.order(B, A, "P1", ordered, qty, buy, incoterm)
        self.order(C, B, "S1", sold, qty, sell, "CIF")
        self.goods_move(A, C, "BL1", left, arrived, qty, *way)
        self.bill(A, B, "BL1", left, qty, *way)
        self.bill(B, C, "BL1", invoiced, qty, *way)
        self.invoice(A, B, "IA1", "P1 BL1", invoiced, qty, buy)
        self.invoice(B, C, "IB1", "S1 BL1", invoiced, qty, sell)
        self.pay(C, B, "IB1", paid, sell, bank)
        self.pay(B, A, "IA1", paid, buy, bank)


def offshore_clean() -> Case:
    case = Case("offshore_clean", "C01", "870899", "TNE")
    case.resale(
        ("2015-03-02", "2015-03-04", "2015-03-20", "2015-04-08", "2015-03-23", "2015-04-20"), 240, 1_872_000, 1_928_160, ("JPTYO", "USLAX")
    )
    return case


def entrepot_clean() -> Case:
    case = Case("entrepot_clean", "C02", "854231", "C62")
    case.order(B, A, "P1", "2015-04-01", 500_000, 1_600_000, "CIF")
    case.goods_move(A, B, "BL1", "2015-04-10", "2015-04-17", 500_000, "SGSIN", "CNWGQBZ")
    case.bill(A, B, "BL1", "2015-04-10", 500_000, "SGSIN", "CNWGQBZ")
    case.invoice(A, B, "IA1", "P1 BL1", "2015-04-10", 500_000, 1_600_000)
    case.declare(B, "record_list", "RL1", "IA1 BL1", "2015-04-17", 500_000, 1_600_000)
    case.pay(B, A, "IA1", "2015-05-08", 1_600_000)
    case.order(C, B, "S1", "2015-05-11", 500_000, 1_664_000, "FOB")
    case.goods_move(B, C, "BL2", "2015-05-20", "2015-06-22", 500_000, "CNWGQBZ", "DEHAM")
    case.bill(B, C, "BL2", "2015-05-20", 500_000, "CNWGQBZ", "DEHAM")
    case.invoice(B, C, "IB1", "S1 BL2", "2015-05-20", 500_000, 1_664_000)
    case.declare(B, "record_list", "RL2", "IB1 BL2", "2015-05-20", 500_000, 1_664_000)
    case.pay(C, B, "IB1", "2015-06-25", 1_664_000)
    return case


def ordinary_import() -> Case:
    case = Case("ordinary_import", "C03", "390120", "TNE")
    case.order(E, A, "P1", "2015-02-03", 500, 655_000, "CIF")
    case.order(F, E, "S1", "2015-02-10", 500, 4_480_000, "DAP", "CNY")
    case.goods_move(A, E, "BL1", "2015-03-01", "2015-03-09", 500, "KRPUS", "CNSHG")
    case.bill(A, E, "BL1", "2015-03-01", 500, "KRPUS", "CNSHG")
    case.invoice(A, E, "IA1", "P1 BL1", "2015-03-01", 500, 655_000)
    case.declare(E, "goods_declaration", "GD1", "IA1 BL1", "2015-03-10", 500, 655_000)
    case.goods_move(E, F, "", "2015-03-13", "2015-03-14", 500, "CNSHG", "CNSZH")
    case.invoice(E, F, "IE1", "S1", "2015-03-14", 500, 4_480_000, "CNY")
    case.pay(E, A, "IA1", "2015-04-01", 655_000)
    case.pay(F, E, "IE1", "2015-04-10", 4_480_000, currency="CNY")
    return case


def undervalued_import() -> Case:
    case = Case("undervalued_import", "C04", "020230", "TNE")
    case.order(B, A, "P1", "2015-06-01", 100, 520_000, "CFR")
    case.order(E, B, "S1", "2015-06-05", 100, 540_800, "DAP")
    case.goods_move(A, B, "BL1", "2015-06-12", "2015-07-02", 100, "AUMEL", "CNYSABZ")
    case.bill(A, B, "BL1", "2015-06-12", 100, "AUMEL", "CNYSABZ")
    case.invoice(A, B, "IA1", "P1 BL1", "2015-06-12", 100, 520_000)
    case.declare(B, "record_list", "RL1", "IA1 BL1", "2015-07-02", 100, 520_000)
    case.invoice(B, E, "IB1", "S1", "2015-07-06", 100, 540_800)
    case.declare(E, "goods_declaration", "GD1", "IB1", "2015-07-08", 100, 351_000)
    case.goods_move(B, E, "", "2015-07-09", "2015-07-09", 100, "CNYSABZ", "CNSHG")
    case.pay(B, A, "IA1", "2015-07-15", 520_000)
    case.pay(E, B, "IB1", "2015-07-20", 540_800)
    return case


def transhipped() -> Case:
    case = Case("transhipped", "C05", "400122", "TNE")
    way = ("THBKK", "DEHAM")
    case.order(B, A, "P1", "2015-01-12", 300, 435_000, "FOB")
    case.order(C, B, "S1", "2015-01-14", 300, 447_000, "CIF")
    case.goods_move(A, "shipping_line", "BL1", "2015-02-02", "2015-02-11", 300, "THBKK", "CNYSA")
    case.goods_move("shipping_line", C, "BL1", "2015-02-15", "2015-03-18", 300, "CNYSA", "DEHAM")
    case.bill(A, B, "BL1", "2015-02-02", 300, *way)
    case.bill(B, C, "BL1", "2015-02-06", 300, *way)
    case.invoice(A, B, "IA1", "P1 BL1", "2015-02-04", 300, 435_000)
    case.invoice(B, C, "IB1", "S1 BL1", "2015-02-06", 300, 447_000)
    case.pay(B, A, "IA1", "2015-02-20", 435_000)
    case.pay(C, B, "IB1", "2015-03-20", 447_000)
    return case


def sold_afloat() -> Case:
    case = Case("sold_afloat", "C06", "151110", "TNE")
    way = ("IDJKT", "NLRTM")
    case.order(B, A, "P1", "2015-05-04", 3_000, 1_860_000, "FOB")
    case.goods_move(A, C, "BL1", "2015-05-16", "2015-06-16", 3_000, *way)
    case.bill(A, B, "BL1", "2015-05-16", 3_000, *way)
    case.invoice(A, B, "IA1", "P1 BL1", "2015-05-18", 3_000, 1_860_000)
    case.pay(B, A, "IA1", "2015-05-25", 1_860_000)
    case.order(C, B, "S1", "2015-06-01", 3_000, 1_822_800, "CIF")
    case.bill(B, C, "BL1", "2015-06-03", 3_000, *way)
    case.invoice(B, C, "IB1", "S1 BL1", "2015-06-03", 3_000, 1_822_800)
    case.pay(C, B, "IB1", "2015-06-12", 1_000_000)
    case.pay(C, B, "IB1", "2015-06-19", 822_800)
    return case


def split_consignment() -> Case:
    case = Case("split_consignment", "C07", "841810", "C62")
    case.order(B, A, "P1", "2015-03-03", 1_000, 240_000, "CIF")
    case.goods_move(A, B, "BL1", "2015-03-15", "2015-03-19", 1_000, "KRPUS", "CNWGQBZ")
    case.bill(A, B, "BL1", "2015-03-15", 1_000, "KRPUS", "CNWGQBZ")
    case.invoice(A, B, "IA1", "P1 BL1", "2015-03-15", 1_000, 240_000)
    case.declare(B, "record_list", "RL1", "IA1 BL1", "2015-03-19", 1_000, 240_000)
    case.pay(B, A, "IA1", "2015-04-01", 240_000)
    case.order(C, B, "S1", "2015-04-02", 600, 150_000, "FOB")
    case.order(E, B, "S2", "2015-04-03", 400, 99_200, "DAP")
    case.goods_move(B, C, "BL2", "2015-04-10", "2015-05-02", 600, "CNWGQBZ", "AEDXB")
    case.bill(B, C, "BL2", "2015-04-10", 600, "CNWGQBZ", "AEDXB")
    case.invoice(B, C, "IB1", "S1 BL2", "2015-04-10", 600, 150_000)
    case.declare(B, "record_list", "RL2", "IB1 BL2", "2015-04-10", 600, 150_000)
    case.invoice(B, E, "IB2", "S2", "2015-04-12", 400, 99_200)
    case.declare(E, "goods_declaration", "GD1", "IB2", "2015-04-13", 400, 99_200)
    case.goods_move(B, E, "", "2015-04-14", "2015-04-14", 400, "CNWGQBZ", "CNSHG")
    case.pay(C, B, "IB1", "2015-05-05", 150_000)
    case.pay(E, B, "IB2", "2015-05-06", 99_200)
    return case


def circular() -> Case:
    case = Case("circular", "C08", "740311", "TNE")
    case.resale(
        ("2014-01-06", "2014-01-06", "2014-01-08", "2014-01-10", "2014-01-08", "2014-01-09"),
        1_000,
        5_500_000,
        5_505_500,
        ("SGSIN", "MYPKG"),
    )
    case.order(D, C, "P2", "2014-01-10", 1_000, 5_506_000, "EXW")
    case.goods_move(C, D, "BL2", "2014-01-13", "2014-01-15", 1_000, "MYPKG", "KRPUS")
    case.bill(C, D, "BL2", "2014-01-13", 1_000, "MYPKG", "KRPUS")
    case.invoice(C, D, "IC1", "P2 BL2", "2014-01-13", 1_000, 5_506_000)
    case.pay(D, C, "IC1", "2014-01-14", 5_506_000, "bank_abroad")
    case.order(A, D, "P3", "2014-01-15", 1_000, 5_507_000, "EXW")
    case.goods_move(D, A, "BL3", "2014-01-17", "2014-01-24", 1_000, "KRPUS", "SGSIN")
    case.bill(D, A, "BL3", "2014-01-17", 1_000, "KRPUS", "SGSIN")
    case.invoice(D, A, "ID1", "P3 BL3", "2014-01-17", 1_000, 5_507_000)
    case.pay(A, D, "ID1", "2014-01-20", 5_507_000, "bank_abroad")
    return case


def double_financed() -> Case:
    case = Case("double_financed", "C09", "740311", "TNE")
    case.order(B, A, "P1", "2014-02-10", 500, 2_750_000, "CIF")
    case.goods_move(A, B, "BL1", "2014-02-20", "2014-03-20", 500, "CLVAP", "CNYSABZ")
    case.bill(A, B, "BL1", "2014-02-20", 500, "CLVAP", "CNYSABZ")
    case.invoice(A, B, "IA1", "P1 BL1", "2014-02-24", 500, 2_750_000)
    case.loan("bank_1", B, "BL1", "2014-03-03", 2_200_000)
    case.pay(B, A, "IA1", "2014-03-04", 2_750_000)
    case.loan("bank_2", B, "BL1", "2014-03-12", 2_300_000)
    case.declare(B, "record_list", "RL1", "IA1 BL1", "2014-03-20", 500, 2_750_000)
    case.order(C, B, "S1", "2014-05-05", 500, 2_790_000, "FOB")
    case.goods_move(B, C, "BL2", "2014-05-15", "2014-05-18", 500, "CNYSABZ", "KRPUS")
    case.bill(B, C, "BL2", "2014-05-15", 500, "CNYSABZ", "KRPUS")
    case.invoice(B, C, "IB1", "S1 BL2", "2014-05-15", 500, 2_790_000)
    case.declare(B, "record_list", "RL2", "IB1 BL2", "2014-05-15", 500, 2_790_000)
    case.pay(C, B, "IB1", "2014-05-28", 2_790_000)
    return case


def phantom() -> Case:
    case = Case("phantom", "C10", "854231", "C62")
    case.resale(
        ("2013-04-01", "2013-04-01", "2013-04-09", "2013-04-20", "2013-04-10", "2013-04-12"),
        2_000_000,
        6_400_000,
        6_464_000,
        ("HKHKG", "SGSIN"),
    )
    case.rows = [row for row in case.rows if row["layer"] != "goods"]
    return case


def overpriced() -> Case:
    case = Case("overpriced", "C11", "841810", "C62")
    case.resale(
        ("2015-08-03", "2015-08-04", "2015-08-20", "2015-09-12", "2015-08-24", "2015-09-15"), 400, 96_000, 240_000, ("KRPUS", "AEDXB")
    )
    for row in case.rows:
        if row["layer"] == "fund" and row["target"] == B:
            row["source"] = D
    return case


def thin_papers() -> Case:
    case = Case("thin_papers", "C12", "400122", "TNE")
    way = ("THBKK", "USLAX")
    case.order(B, A, "P1", "2015-10-05", 200, 290_000, "FOB")
    case.order(C, B, "S1", "2015-10-06", 200, 297_000, "CIF")
    case.goods_move(A, C, "", "2015-10-28", "2015-11-24", 150, *way)
    case.invoice(A, B, "IA1", "P1", "2015-10-20", 200, 290_000)
    case.pay(B, A, "IA1", "2015-10-16", 290_000, "bank_1")
    case.invoice(B, C, "IB1", "S1", "2015-10-30", 200, 297_000)
    case.pay(C, B, "IB1", "2015-11-10", 297_000, "bank_2")
    return case


CASES = (
    *(offshore_clean, entrepot_clean, ordinary_import, undervalued_import, transhipped, sold_afloat),
    *(split_consignment, circular, double_financed, phantom, overpriced, thin_papers),
)

# ----------------------------------------------------------------------------------------------------- forms of logistics

HANDS = {"CNHFE": "2015-06-01", "CNWGQ": "2015-06-04", "DEHAM": "2015-07-10"}
"""Day on which the refrigerators leave each place."""


def form(deal_id: str, stem: str, contracts: list[tuple[str, str, float]], hands: list[tuple[str, str]]) -> Case:
    """One shipment: who contracts whom at which price, and through whose hands it goes (party, place where it gets the goods)."""
    case = Case(deal_id, stem, "841810", "C62")
    common = {"doc_type": "logistics_contract", "currency": "USD", "t": "2015-05-11"}
    for number, (principal, provider, amount) in enumerate(contracts, start=1):
        case.edge("order", principal, provider, doc_no=f"{stem}-K{number}", amount=amount, **common)
    for (giver, _), (taker, place) in zip([("maker", ""), *hands], hands, strict=False):
        n = sum(row["layer"] == "goods" for row in case.rows)
        day = int(HANDS[place][-2:]) + sum(row["layer"] == "goods" and row["place"] == place for row in case.rows)
        bill = {"doc_type": "bill_of_lading", "doc_no": f"{stem}-BL1"} if "shipping_line" in (giver, taker) else {}
        case.edge("goods", giver, taker, **bill, t=f"{HANDS[place][:8]}{day:02d}", qty=1_000, place=place, **case.goods)
        case.rows[-1]["place_to"] = hands[n + 1][1] if n + 1 < len(hands) else place
    return case


HFE, WGQ, HAM = "CNHFE", "CNWGQ", "DEHAM"
FORMS = (
    form(
        "in_house_logistics", "L1",
        [
            ("maker", "maker_warehouse", 2_600), ("maker", "maker_fleet", 11_800), ("maker", "shipping_line", 15_000),
            ("maker", "haulier_abroad", 6_200),
        ],
        [
            ("maker_warehouse", HFE), ("maker_fleet", HFE), ("port_terminal", WGQ), ("shipping_line", WGQ), ("haulier_abroad", HAM),
            ("retailer", HAM),
        ],
    ),
    form(
        "third_party_logistics", "L2",
        [("maker", "provider", 33_600), ("provider", "shipping_line", 14_300), ("provider", "haulier_abroad", 5_900)],
        [("provider", HFE), ("port_terminal", WGQ), ("shipping_line", WGQ), ("haulier_abroad", HAM), ("retailer", HAM)],
    ),
    form(
        "fourth_party_logistics", "L3",
        [
            ("maker", "coordinator", 31_900), ("coordinator", "provider", 3_300), ("coordinator", "river_carrier", 5_200),
            ("coordinator", "shipping_line", 13_900), ("coordinator", "haulier_abroad", 5_700),
        ],
        [
            ("provider", HFE), ("river_carrier", HFE), ("port_terminal", WGQ), ("shipping_line", WGQ), ("haulier_abroad", HAM),
            ("retailer", HAM),
        ],
    ),
    form(
        "specialised_logistics", "L4",
        [
            ("maker", "appliance_specialist", 32_800), ("appliance_specialist", "shipping_line", 14_300),
            ("appliance_specialist", "haulier_abroad", 5_900),
        ],
        [("appliance_specialist", HFE), ("shipping_line", WGQ), ("haulier_abroad", HAM), ("retailer", HAM)],
    ),
    form(
        "asset_based_logistics_firm", "L5",
        [("maker", "shipping_line", 33_000), ("shipping_line", "inland_haulier", 9_800), ("shipping_line", "haulier_abroad", 5_800)],
        [("inland_haulier", HFE), ("shipping_line", WGQ), ("haulier_abroad", HAM), ("retailer", HAM)],
    ),
    form(
        "platform_logistics_firm", "L6",
        [
            ("maker", "freight_platform", 900), ("maker", "inland_haulier", 9_400), ("maker", "shipping_line", 14_100),
            ("maker", "haulier_abroad", 5_800),
        ],
        [("inland_haulier", HFE), ("port_terminal", WGQ), ("shipping_line", WGQ), ("haulier_abroad", HAM), ("retailer", HAM)],
    ),
)  # fmt: skip


def write(path: Path, cases: list[Case]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        rows.writeheader()
        for case in cases:
            rows.writerows(case.rows)


def main() -> None:
    write(FOLDER / "offshore_cases.csv", [make() for make in CASES])
    write(FOLDER / "logistics_forms.csv", list(FORMS))


if __name__ == "__main__":
    main()
