"""``workbench routes``."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.shared import command, lang_option, show, table_options, workbench


@command(workbench, "workbench routes yangtze_corridor CNCKG NLRTM -k 3 --by time_h,cost_cny --regime regional_integrated")
@click.argument("network")
@click.argument("origin")
@click.argument("destination")
@click.option("-k", "k", type=click.IntRange(1), default=5, show_default=True, help="How many routes at most.")
@click.option(
    "--by", default="time_h", show_default=True, metavar="CRITERIA", help="time_h, cost_cny, co2e_kg or risk; several: none beaten."
)
@click.option("--regime", default="port_clearance", show_default=True, help="Customs regime of the way.")
@click.option("--depart", metavar="TIME", help="When the goods are ready, such as 2015-06-01T08:00; departures then count.")
@click.option("--teu", type=float, default=1.0, show_default=True, help="Containers, in twenty-foot equivalents.")
@click.option("--dissimilar", type=float, metavar="SHARE", help="What a route may share with one before it, 0 to 1.")
@click.option("--explain", is_flag=True, help="Tell the best route step by step, and why not the next.")
@lang_option
@table_options
def routes(
    network: str,
    origin: str,
    destination: str,
    k: int,
    by: str,
    regime: str,
    depart: str | None,
    teu: float,
    dissimilar: float | None,
    explain: bool,
    lang: str,
    json_file: Path | None,
) -> None:
    """Find routes through a supply-chain network, leg by leg, under a customs regime.

    NETWORK is a key (workbench networks), or a folder or GraphML file of one's own; places go by key, city code or name.
    """
    import workbench as wb
    from workbench.errors import ParameterError
    from workbench.models.supply_chain import find_routes, pareto_routes
    from workbench.models.supply_chain.shipment import Shipment

    net, criteria = wb.network(network), [name.strip() for name in by.split(",")]
    goods = Shipment(origin, destination, depart, teu)
    if len(criteria) > 1 and dissimilar is not None:
        raise ParameterError("--dissimilar goes with one criterion in --by")
    if len(criteria) > 1:
        found = pareto_routes(net, origin, destination, criteria, max_routes=max(k, len(criteria)), regime=regime, shipment=goods)
    else:
        found = find_routes(net, origin, destination, k, criteria[0], regime=regime, shipment=goods, dissimilar=dissimilar)
    rows = [{"route": place, **row} for place, row in zip(found.table().index, found.table().to_dict("records"), strict=True)]
    show(rows, json_file, without="legs")
    for note in found.notes:
        click.echo(note.text(lang))
    if explain:
        click.echo(f"\n{found[0].explain(lang)}")
