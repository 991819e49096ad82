"""How values of figures are said: on the page, and in a file for spreadsheets."""

from datetime import date

from bot.agenda.words import MODES
from bot.conversations import handoff_model, promises
from bot.figures.model import Column, Total, Value
from console.transcripts import labels

WEEKDAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")
TALKS = {
    "answered": "Concluse senza una persona",
    "person": "Con una persona",
    "not_understood": "Non capite",
}
REQUESTS = {
    "waiting": "Sta aspettando",
    "taken": "In corso",
    "given_back": "L'operatore non ha più risposto",
    "expired": "Nessuno l'ha presa in tempo",
    "withdrawn": "Ha rinunciato",
    "closed": "Chiusa",
} | handoff_model.OUTCOMES
QUESTIONS = {"open": "Da rispondere"} | {str(name): words for name, words in promises.OUTCOMES.items()}
UNKNOWN = "–"
LITTLE = 10
"""Of less than this before, a percentage would say more than is known."""
_NAMES: dict[str, dict[str, str]] = {
    "channel": labels.CHANNELS,
    "mode": {str(mode): words.capitalize() for mode, words in MODES.items()},
    "talk_outcome": TALKS,
    "request_outcome": REQUESTS,
    "question_outcome": QUESTIONS,
}


def said(value: Value, column: Column | Total) -> str:
    """A value as people read it."""
    kind = column.kind
    if kind == "centre":
        return labels.centre(str(value)) if value else "senza centro"
    if value is None:
        return UNKNOWN
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, int | float):
        return _number(value, kind)
    if kind == "place":
        return labels.centre(str(value))
    if kind == "intent":
        return labels.intent(str(value))
    return labels.by_name(_NAMES.get(kind, {}), str(value))


def _number(value: float, kind: str) -> str:
    if kind == "hour":
        return f"{value:.0f}-{value + 1:.0f}"
    if kind == "weekday":
        return WEEKDAYS[int(value) - 1]
    if kind == "share":
        return f"{decimal(value * 100)}\xa0%"
    if kind == "minutes":
        return minutes(value)
    if kind == "money":
        return f"{decimal(value, places=2)}\xa0€"
    return decimal(value, places=0)


def decimal(value: float, *, places: int = 1) -> str:
    """A number as written in Italy: points between thousands, a comma before decimals; `12`, not `12,0`."""
    told = f"{value:,.{places}f}".replace(",", " ").replace(".", ",").replace(" ", ".")
    return told.removesuffix(",0")


def minutes(value: float) -> str:
    """A length of time: seconds under two minutes, hours over two hours."""
    if value < 2:
        return f"{round(value * 60)} s"
    if value < 120:
        return f"{round(value)} min"
    hours, rest = divmod(round(value), 60)
    return f"{hours} h {rest:02d} min"


def written(value: Value, column: Column) -> str | int:
    """A value for a spreadsheet in Italian: decimal commas, shares in percent, time in minutes, days as in ISO 8601."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float) and column.kind in ("share", "minutes", "money"):
        number = value * 100 if column.kind == "share" else value
        return f"{number:.2f}".replace(".", ",")
    if isinstance(value, int) and column.kind == "count":
        return value
    return "" if value is None and column.kind != "centre" else said(value, column)


def heading(column: Column) -> str:
    """The column's name in a file, with its unit."""
    units = {"share": " (%)", "minutes": " (minuti)", "money": " (euro)"}
    return column.title + units.get(column.kind, "")


def compared(total: Total) -> str:
    """The period before in words: its value, and how much more or less there is now."""
    now, before = total.now, total.before
    if before is None or not isinstance(before, int | float):
        return "Prima: non c'è un dato."
    told = f"Prima: {said(before, total)}"
    if not isinstance(now, int | float):
        return told
    if total.kind == "share":
        points = (now - before) * 100
        change = f"{decimal(abs(points))} punti"
        return _more_or_less(told, points, change)
    if before < LITTLE or abs(now - before) > 3 * before:
        return told
    change = f"{decimal(abs(now - before) / before * 100, places=0)}\xa0%"
    return _more_or_less(told, now - before, change)


def _more_or_less(told: str, difference: float, change: str) -> str:
    if abs(difference) < 1e-9:
        return f"{told}, uguale"
    return f"{told}, {change} {'in più' if difference > 0 else 'in meno'}"


def judged(total: Total) -> str:
    """`good`, `bad` or nothing: whether the change is the one hoped for. Said in words, too: colours are not enough."""
    if not isinstance(total.now, int | float) or not isinstance(total.before, int | float) or not total.better:
        return ""
    difference = total.now - total.before
    if abs(difference) < 1e-9 or (total.kind == "count" and total.before < LITTLE):
        return ""
    return "good" if (difference > 0) == (total.better == "more") else "bad"
