"""``workbench networks``: the transport networks, as a table or written to files."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.shared import PATH, command, lang_option, rows_of, show, table_options, workbench


@command(workbench, "workbench networks yangtze_corridor --out corridor.graphml")
@click.argument("network", required=False, metavar="[NETWORK]")
@click.option("--on", metavar="DATE", help="Only legs in service on this day.")
@click.option("--out", type=PATH, metavar="PATH", help="Write the network there: a .graphml file, or else a folder of CSV.")
@lang_option
@table_options
def networks(network: str | None, on: str | None, out: Path | None, lang: str, json_file: Path | None, force: bool) -> None:
    """List the transport networks, or the legs of one: a key of the list, a folder of CSV, or a .graphml file."""
    from workbench import transport
    from workbench.errors import ParameterError
    from workbench.files import refuse_existing
    from workbench.models.supply_chain.network import legs_table

    if network is None:
        if on or out:
            raise ParameterError("--on and --out need a NETWORK")
        show(rows_of(transport.networks()), json_file, without={"en": "zh", "zh": "en"}[lang])
        return
    net = transport.network(network, on=on)
    shown = ("leg_id", "from", "to", "mode", "distance_km", "time_h", "cost_cny_per_teu", "status")
    show(rows_of(legs_table(net)), json_file, only=shown)
    if out is not None:
        refuse_existing(out, force)
        (transport.write_graphml if out.suffix == ".graphml" else transport.write_folder)(net, out)
        click.echo(f"Wrote {out}")
