"""Drawings of figures, as numbers a template puts into SVG: nothing is worked out in the browser.

The drawing is as wide as 400 units whatever the screen: names stand above their bars, so that it can be read on a telephone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.figures.model import NUMBERS, Column, Figure, Value
from console.figures.words import said

WIDTH = 400
MOST_BARS = 8
ROW, BAR = 40, 12
HEIGHT, FLOOR, TOP = 180, 150, 22
MOST_NAMES = 7


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One bar. `name` and `value` are what is written beside it; an empty name is not written."""

    x: float
    y: float
    width: float
    height: float
    name: str
    value: str
    known: bool = True  # False: a number that is not told


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One drawing. `what` is drawn, `summary` says in a sentence how; `left_out`: how many rows only the table has."""

    by: str
    height: int
    marks: Sequence[Mark]
    most: str
    what: str
    title: str
    summary: str
    left_out: int = 0
    floor: int = FLOOR
    top: int = TOP
    width: int = WIDTH


def chart_of(figure: Figure) -> Chart | None:
    """The drawing of a figure; None when there is nothing to draw."""
    if figure.drawn is None:
        return None
    column = figure.columns[figure.drawn]
    assert column.kind in NUMBERS, column
    values = [row[figure.drawn] for row in figure.rows]
    most = max((_size(value) for value in values), default=0)
    if most <= 0:
        return None
    names = [said(row[0], figure.columns[0]) for row in figure.rows]
    draw = _columns if figure.by == "columns" else _bars
    return draw(figure, column, names, values, most)


def _size(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _summary(column: Column, names: Sequence[str], values: Sequence[Value]) -> str:
    sizes = [_size(value) for value in values]
    top = sizes.index(max(sizes))
    told = f"Il valore più alto è {said(values[top], column)}, per {names[top]}."
    if column.kind == "count" and all(isinstance(value, int) for value in values):
        told += f" In tutto {said(sum(value for value in values if isinstance(value, int)), column)}."
    return f"{column.title}. {told} I valori sono nella tabella."


def _bars(figure: Figure, column: Column, names: Sequence[str], values: Sequence[Value], most: float) -> Chart:
    shown = list(zip(names, values, strict=True))[:MOST_BARS]
    marks = [
        Mark(
            x=0,
            y=place * ROW + 20,
            width=round(max(_size(value) / most * WIDTH, 1 if value else 0), 1),
            height=BAR,
            name=name if len(name) <= 44 else name[:43] + "…",
            value=said(value, column),
            known=isinstance(value, int | float),
        )
        for place, (name, value) in enumerate(shown)
    ]
    return Chart(
        by="bars",
        height=len(marks) * ROW,
        marks=marks,
        most=said(most if column.kind != "count" else int(most), column),
        what=column.title,
        title=figure.title,
        summary=_summary(column, names, values),
        left_out=len(names) - len(shown),
    )


def _columns(figure: Figure, column: Column, names: Sequence[str], values: Sequence[Value], most: float) -> Chart:
    step = WIDTH / len(values)
    every = -(-len(values) // MOST_NAMES)
    room = FLOOR - TOP
    marks = []
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        height = round(_size(value) / most * room, 1)
        marks.append(
            Mark(
                x=round(place * step, 2),
                y=round(FLOOR - height, 1),
                width=round(max(step * 0.8, 0.5), 2),
                height=height,
                name=_short(name) if place % every == 0 else "",
                value=f"{name}: {said(value, column)}",
            )
        )
    return Chart(
        by="columns",
        height=HEIGHT,
        marks=marks,
        most=said(most if column.kind != "count" else int(most), column),
        what=column.title,
        title=figure.title,
        summary=_summary(column, names, values),
    )


def _short(name: str) -> str:
    """A day without its year, where there is little room."""
    return name[:5] if len(name) == 10 and name[2] == "/" else name
