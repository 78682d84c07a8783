"""Make `calendar_cn.csv`: every day from 2004 to 2026, worked or not, as the State Council's yearly notices arranged it.

Two packages that were compiled apart are compared day by day; neither is needed by the project itself:

    python -m venv calendar && calendar/bin/pip install chinesecalendar==1.11.0 holidays==0.109
    calendar/bin/python datasets/scripts/make_calendar_cn.py

`chinesecalendar` (MIT) gives workdays and the names of holidays, `holidays` (MIT) the check. They disagree on one day.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import chinese_calendar
import holidays

FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)
SOURCE = f"chinesecalendar {version('chinesecalendar')}"
NAMES = {  # holiday in the package: zh, en
    "New Year's Day": ("元旦", "New Year's Day"),
    "Spring Festival": ("春节", "Spring Festival"),
    "Tomb-sweeping Day": ("清明节", "Tomb-sweeping Day"),
    "Labour Day": ("劳动节", "Labour Day"),
    "Dragon Boat Festival": ("端午节", "Dragon Boat Festival"),
    "Mid-autumn Festival": ("中秋节", "Mid-autumn Festival"),
    "National Day": ("国庆节", "National Day"),
    "Anti-Fascist 70th Day": ("抗战胜利70周年纪念日", "70th anniversary of victory"),
}
DISPUTED = {
    # Only `holidays` has this Saturday worked. New Year 2006 was 1 to 3 January off: one statutory day, the Sunday it
    # fell on moved to a weekday, and the second weekday can only have been exchanged for this Saturday.
    date(2005, 12, 31): True,
}


def main() -> None:
    check = holidays.country_holidays("CN", years=range(FIRST.year, LAST.year + 1))
    path = Path(__file__).resolve().parents[1] / "calendar_cn.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("date", "weekday", "is_workday", "holiday_zh", "holiday_en", "is_makeup", "source", "confidence"))
        day = FIRST
        while day <= LAST:
            worked, agreed = chinese_calendar.is_workday(day), True
            if worked != check.is_working_day(day):
                worked, agreed = DISPUTED[day], False
            name = "" if worked else chinese_calendar.get_holiday_detail(day)[1] or ""
            makeup = worked and day.isoweekday() > 5
            row = (day, day.isoweekday(), worked, *(NAMES[name] if name else ("", "")), makeup, SOURCE, "high" if agreed else "medium")
            writer.writerow(str(cell).lower() if isinstance(cell, bool) else cell for cell in row)
            day += timedelta(days=1)


if __name__ == "__main__":
    main()
