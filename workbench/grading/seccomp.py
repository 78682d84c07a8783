"""A filter for system calls that no exercise needs: those that hold memory out of sight of its limit, or reach into the kernel.

The sandbox stands without it; it makes the surface smaller.
"""

from __future__ import annotations

import platform
import struct

__all__ = ["program"]

_NUMBERS = {
    "x86_64": (0xC000003E, {
        "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "msgget": 68, "semget": 64,
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311,
        "mount": 165, "unshare": 272, "setns": 308, "open_tree": 428, "fsopen": 430, "open_by_handle_at": 304,
        "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425,
        "add_key": 248, "request_key": 249, "keyctl": 250,
    }),
    "aarch64": (0xC00000B7, {
        "memfd_create": 279, "memfd_secret": 447, "shmget": 194, "msgget": 186, "semget": 190,
        "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271,
        "mount": 40, "unshare": 97, "setns": 268, "open_tree": 428, "fsopen": 430, "open_by_handle_at": 265,
        "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425,
        "add_key": 217, "request_key": 218, "keyctl": 219,
    }),
}  # fmt: skip

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050001
"""Let it happen; end the process; answer EPERM."""
_FOREIGN = 0x40000000
"""Calls numbered from here on belong to another convention (x32), under which the numbers above would not be met."""


def program(machine: str | None = None) -> bytes:
    """Return the filter as classic BPF for this machine, empty where its system calls are not listed.

    Examples
    --------
    >>> len(program("x86_64")) // 8  # instructions
    28
    >>> program("vax")
    b''
    """
    machine = platform.machine() if machine is None else machine
    if machine not in _NUMBERS:
        return b""
    architecture, numbers = _NUMBERS[machine]
    refused = sorted(numbers.values())
    steps = [
        (_LOAD, 0, 0, 4),  # the architecture of the call
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),  # its number
        (_AT_LEAST, len(refused) + 1, 0, _FOREIGN),
        *((_EQUAL, len(refused) - place, 0, number) for place, number in enumerate(refused)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
