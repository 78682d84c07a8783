"""Regimes side by side from the landing on."""

import pytest

from workbench.errors import ParameterError
from workbench.models.supply_chain.onshore import onshore_by_regime
from workbench.models.supply_chain.routes import find_routes
from workbench.transport import network

NET = network("yangtze_corridor")


def test_what_comes_after_landing_is_the_way_less_its_sea_leg():
    table = onshore_by_regime(NET, "NLRTM", ["CNWUH", "CNCKG"], ["transit_direct", "regional_integrated"])
    for (destination, regime), row in table.iterrows():
        route = find_routes(NET, "NLRTM", destination, k=1, by="cost_cny", regime=regime)[0]
        sea = route.legs[route.legs["mode"] == "sea"]
        assert row["cost_cny"] == pytest.approx(route.cost_cny - sea["cost_cny"].sum())
        assert row["time_h"] == pytest.approx(route.time_h - sea["time_h"].sum())
        assert row["entry"] == sea["to"].iloc[-1]
    totals = table["cost_cny"].unstack()
    assert (totals["regional_integrated"] < totals["transit_direct"]).all()


def test_only_imports_are_compared():
    with pytest.raises(ParameterError, match="'CNSHA' to 'CNWUH' is no import"):
        onshore_by_regime(NET, "CNSHA", ["CNWUH"], ["transit_direct"])
