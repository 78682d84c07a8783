"""Make the pictures of the README: python docs/build_pictures.py (needs Chromium)"""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

import workbench as wb

FOLDER = Path(__file__).resolve().parent / "pictures"
WIDTH, SCALE = 1000, 1.25


def pictures() -> dict:
    """Return the figures by the name of their file."""
    net, port, transit = wb.network("yangtze_corridor"), wb.mode("port_clearance_import"), wb.mode("transit_direct_import")
    routes = wb.supply_chain.find_routes(net, "CNCTN", "CNYSA", k=3, by="cost_cny", regime="regional_integrated")
    return {
        "transit_compared": wb.figures.draw_process(transit, compare_with=port, lang="en"),
        "routes": wb.figures.draw_routes(net, routes, lang="en"),
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 600}, device_scale_factor=SCALE)
        for name, figure in pictures().items():
            page.set_content(figure.to_html(include_plotlyjs=True, config={"displayModeBar": False}))
            page.wait_for_selector(".main-svg")
            page.locator(".plotly-graph-div").screenshot(path=FOLDER / f"{name}.png")
        browser.close()
