"""Tables on the terminal: figures with their ratio to the first row."""

from collections.abc import Sequence

Cell = str | float | int | None


def heading(title: str) -> None:
    print(f"\n{title}\n{'=' * len(title)}", flush=True)


def table(header: Sequence[str], rows: Sequence[Sequence[Cell]], *, ratios: bool = False, digits: int = 1) -> None:
    """Print a table; with `ratios`, each number of the later rows is followed by its ratio to the first row's."""
    texts = [[_text(cell, digits) for cell in row] for row in rows]
    if ratios and rows:
        for row, text in zip(rows[1:], texts[1:], strict=True):
            for index, (cell, first) in enumerate(zip(row, rows[0], strict=True)):
                text[index] += ratio(cell, first)
    widths = [max(len(line[i]) for line in [list(header), *texts]) for i in range(len(header))]
    for line in [list(header), ["-" * width for width in widths], *texts]:
        cells = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip(), flush=True)


def ratio(value: Cell, base: Cell) -> str:
    """` ×0.46`, or nothing where there is nothing to divide."""
    if isinstance(value, str) or isinstance(base, str) or value is None or not base:
        return ""
    return f" ×{value / base:.2f}"


def percent(part: float) -> float:
    return 100 * part


def percentile(values: Sequence[float], part: float) -> float | None:
    """The value below which `part` (0-1) of the values lie (nearest rank); None of none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _text(cell: Cell, digits: int) -> str:
    if cell is None:
        return "-"
    return f"{cell:.{digits}f}" if isinstance(cell, float) else str(cell)
