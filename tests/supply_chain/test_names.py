"""The names of `wb.supply_chain`."""

import subprocess
import sys


def test_every_name_loads_and_functions_stay_in_sight_when_modules_are_imported():
    check = (
        "import workbench as wb, types\n"
        "import workbench.models.supply_chain.state_graph, workbench.models.supply_chain.cooperation\n"
        "names = wb.supply_chain._NAMES\n"
        "wrong = [n for n in names if isinstance(getattr(wb.supply_chain, n), types.ModuleType)]\n"
        "assert not wrong, wrong\n"
        "assert set(names) <= set(dir(wb.supply_chain))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
