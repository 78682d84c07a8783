"""How compiled functions reach the tables: `Kernel` as one machine word that points to the addresses of all tables.

numba would pass each array to each function as seven words and count references to it, which for some fifty tables
costs ten times the work itself and minutes of compilation. Here a table is its address; ``k.token.due[i]`` becomes one
load at address + i × row size + offset of the field. All whole numbers come out as int64, as in plain Python.

Nothing checks an index and nothing is kept alive: the driver holds the arrays while the kernel runs.
"""

from __future__ import annotations

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, datamodel
from numba.core.imputils import lower_builtin, lower_getattr_generic
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global, signature
from numba.extending import NativeValue, register_model, typeof_impl, unbox
from numba.np.numpy_support import from_dtype

from workbench.models.queueing.tables import LAYOUT, Kernel

__all__ = ["Handle", "highest_bit", "lowest_bit", "prefetch"]

WORD = ir.IntType(64)
WORDS_A_TABLE = 2  # address, bytes from one row of a two-dimensional table to the next


class Handle:
    """The tables of a run, for a compiled function."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        words = [(table.ctypes.data, table.strides[0]) for table in kernel]
        self.words = np.array(words, dtype=np.int64)
        self.address = int(self.words.ctypes.data)


class KernelType(types.Type):
    """Type of ``k``."""

    def __init__(self) -> None:
        super().__init__("Kernel")


class TableType(types.Type):
    """Type of ``k.token``."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(f"Table({table})")


class ColumnType(types.Type):
    """Type of ``k.token.due``, or of a table of plain numbers; ``wide`` is what comes out."""

    def __init__(self, table: str, name: str) -> None:
        dtype = LAYOUT[table][0]
        element, self.offset = dtype.fields[name][:2] if name else (dtype, 0)
        self.stride = dtype.itemsize
        self.element = from_dtype(element)
        self.wide = types.float64 if element.kind == "f" else types.int64
        super().__init__(f"Column({table}.{name})")


class GridType(ColumnType):
    """Type of a two-dimensional table, such as ``k.stamp[c, s]``."""

    def __init__(self, table: str) -> None:
        super().__init__(table, "")
        self.name = f"Grid({table})"

    @property
    def key(self) -> str:
        """What tells types apart."""
        return self.name


@register_model(KernelType)
@register_model(TableType)
@register_model(ColumnType)
class _Address(datamodel.PrimitiveModel):
    def __init__(self, manager, of_type) -> None:
        super().__init__(manager, of_type, WORD)


@register_model(GridType)
class _Grid(datamodel.StructModel):
    def __init__(self, manager, of_type) -> None:
        super().__init__(manager, of_type, [("address", types.int64), ("width", types.int64)])


@typeof_impl.register(Handle)
def _typeof(value, context):
    return KernelType()


@unbox(KernelType)
def _unbox(typ, obj, c):
    address = c.pyapi.object_getattr_string(obj, "address")
    value = c.pyapi.long_as_longlong(address)
    c.pyapi.decref(address)
    return NativeValue(value)


@infer_getattr
class _KernelAttribute(AttributeTemplate):
    key = KernelType

    def generic_resolve(self, typ, attr):
        dtype, dimensions = LAYOUT[attr]
        if dtype.names:
            return TableType(attr)
        return GridType(attr) if dimensions == 2 else ColumnType(attr, "")


@infer_getattr
class _TableAttribute(AttributeTemplate):
    key = TableType

    def generic_resolve(self, typ, attr):
        return ColumnType(typ.table, attr) if attr in LAYOUT[typ.table][0].names else None


def _load(builder, address):
    """Load a word of the handle. None changes while the kernel runs, so it need be loaded only once."""
    word = builder.load(builder.inttoptr(address, WORD.as_pointer()))
    word.set_metadata("invariant.load", builder.module.add_metadata([]))
    return word


@lower_getattr_generic(KernelType)
def _table(context, builder, typ, value, attr):
    place = builder.add(value, WORD(8 * WORDS_A_TABLE * list(LAYOUT).index(attr)))
    address = _load(builder, place)
    if LAYOUT[attr][1] == 1:
        return address
    grid = cgutils.create_struct_proxy(GridType(attr))(context, builder)
    grid.address = address
    grid.width = _load(builder, builder.add(place, WORD(8)))
    return grid._getvalue()


@lower_getattr_generic(TableType)
def _column(context, builder, typ, value, attr):
    return builder.add(value, WORD(LAYOUT[typ.table][0].fields[attr][1]))


def _place(context, builder, typ, value, index):
    """Return the pointer to an element."""
    if isinstance(typ, GridType):
        grid = cgutils.create_struct_proxy(typ)(context, builder, value=value)
        row, column = cgutils.unpack_tuple(builder, index)
        value, index = builder.add(grid.address, builder.mul(row, grid.width)), column
    address = builder.add(value, builder.mul(index, WORD(typ.stride)))
    return builder.inttoptr(address, context.get_data_type(typ.element).as_pointer())


def lowest_bit(mask: int) -> int:
    """Return the position of the lowest set bit of a number that is not 0."""
    return (mask & -mask).bit_length() - 1


def highest_bit(number: int) -> int:
    """Return the position of the highest set bit of a number above 0."""
    return number.bit_length() - 1


@infer_global(lowest_bit)
@infer_global(highest_bit)
class _Bit(AbstractTemplate):
    def generic(self, args, kws):
        return signature(types.int64, types.int64)


@lower_builtin(lowest_bit, types.Any)
def _lowest_bit(context, builder, sig, args):
    return builder.cttz(args[0], ir.IntType(1)(1))


@lower_builtin(highest_bit, types.Any)
def _highest_bit(context, builder, sig, args):
    return builder.sub(WORD(63), builder.ctlz(args[0], ir.IntType(1)(1)))


def prefetch(table: object, row: int) -> None:
    """Ask for a row of a table that will soon be needed; plain Python has no use for it."""


@infer_global(prefetch)
class _Prefetch(AbstractTemplate):
    def generic(self, args, kws):
        return signature(types.none, args[0], types.int64)


@lower_builtin(prefetch, TableType, types.Any)
@lower_builtin(prefetch, GridType, types.Any)
def _prefetch(context, builder, sig, args):
    table, row = args
    if isinstance(sig.args[0], GridType):
        grid = cgutils.create_struct_proxy(sig.args[0])(context, builder, value=table)
        table, width = grid.address, grid.width
    else:
        width = WORD(LAYOUT[sig.args[0].table][0].itemsize)
    place = builder.add(table, builder.mul(row, width))
    pointer, number = ir.PointerType(ir.IntType(8)), ir.IntType(32)
    wanted = ir.FunctionType(ir.VoidType(), (pointer, number, number, number))
    function = cgutils.get_or_insert_function(builder.module, wanted, "llvm.prefetch.p0")
    builder.call(function, (builder.inttoptr(place, pointer), number(0), number(3), number(1)))
    return context.get_dummy_value()


def _alone(builder, access, typ):
    """Tell LLVM that what is written to one column changes no other (its type-based alias analysis)."""
    note = builder.module.add_metadata
    column = note([typ.name, note(["kernel"]), WORD(0)])
    access.set_metadata("tbaa", note([column, column, WORD(0)]))
    return access


def _index(typ):
    return types.UniTuple(types.int64, 2) if isinstance(typ, GridType) else types.int64


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args, kws):
        if isinstance(args[0], ColumnType):
            return signature(args[0].wide, args[0], _index(args[0]))
        return None


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):
    def generic(self, args, kws):
        if isinstance(args[0], ColumnType):
            return signature(types.none, args[0], _index(args[0]), args[0].wide)
        return None


@lower_builtin(operator.getitem, ColumnType, types.Any)
def _get(context, builder, sig, args):
    typ = sig.args[0]
    value = _alone(builder, builder.load(_place(context, builder, typ, *args)), typ)
    return context.cast(builder, value, typ.element, typ.wide)


@lower_builtin(operator.setitem, ColumnType, types.Any, types.Any)
def _set(context, builder, sig, args):
    typ = sig.args[0]
    value = context.cast(builder, args[2], typ.wide, typ.element)
    _alone(builder, builder.store(value, _place(context, builder, typ, args[0], args[1])), typ)
    return context.get_dummy_value()
