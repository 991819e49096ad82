"""Templates to pages. Everything that is put into a template is escaped; nothing is marked safe."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot import clock
from bot.clock import ROME
from console.harmless import harmless
from console.keys import BADGES, CSRF, OPERATOR
from console.operators import ROLES, TITLES, Role

HERE = Path(__file__).parent


def _shown(value: object) -> object:
    """Every text a template puts out: without characters that show one thing and are another."""
    return harmless(value) if type(value) is str else value


templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    finalize=_shown,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

SENTENCES = {
    400: ("Non ho capito la richiesta", "Torna indietro e riprova."),
    401: ("Devi entrare di nuovo", "La sessione è scaduta. Entra e riprova: non abbiamo cambiato niente."),
    403: ("Non puoi aprire questa pagina", "Il tuo ruolo non lo permette. Se ti serve, chiedi a chi amministra."),
    404: ("Non trovo questa pagina", "Forse l'indirizzo è incompleto, o la conversazione è stata cancellata."),
    405: ("Non si può fare così", "Torna indietro e riprova."),
    409: ("Nel frattempo è cambiato qualcosa", "Ricarica la pagina e guarda com'è adesso."),
    413: ("È troppo lungo", "Accorcialo e riprova."),
    429: ("Aspetta un momento", "Troppe richieste insieme. Riprova fra qualche secondo."),
    500: ("C'è stato un problema", "Riprova fra poco. Se non passa, segnala il numero qui sotto."),
    503: ("Il database non risponde", "Non abbiamo cambiato niente. Riprova fra poco."),
}


@dataclass(frozen=True)
class Badge:
    """A number beside an entry of the menu, and what it counts, for those who do not see it."""

    count: int
    said: str
    urgent: bool = False


NAVIGATION: list[tuple[str, str, Role]] = [("/", "Conversazioni", "operatore")]
"""Address, words and least role of each entry of the menu; parts of the console add theirs."""


def moment(at: datetime | None) -> str:
    """A moment as operators read it, in Italian time."""
    return at.astimezone(ROME).strftime("%d/%m/%Y %H:%M:%S") if at else ""


def moment_short(at: datetime | None) -> str:
    """Day and minute."""
    return at.astimezone(ROME).strftime("%d/%m/%Y %H:%M") if at else ""


def moment_near(at: datetime | None) -> str:
    """Day and minute, the near days by name: `oggi 9:05`, `ieri 18:40`, else as `moment_short`."""
    if at is None:
        return ""
    local, today = at.astimezone(ROME), clock.today()
    day = {today: "oggi", today - timedelta(days=1): "ieri"}.get(local.date())
    return f"{day} {local.hour}:{local.minute:02}" if day else moment_short(at)


def duration(seconds: float | None) -> str:
    """A wait in words short enough for a table."""
    if seconds is None:
        return ""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min" if minutes else "meno di 1 min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} giorni"


def stopwatch(seconds: float) -> str:
    """How long something goes on, to the second."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


templates.filters |= {
    "stopwatch": stopwatch,
    "moment": moment,
    "moment_short": moment_short,
    "moment_near": moment_near,
    "duration": duration,
}


def render(request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
    """A page. Templates know `operator` (or None), `csrf`, `path` and the menu besides what is given."""
    text = templates.get_template(template).render(_known(request) | values)
    return web.Response(status=status, text=text, content_type="text/html")


def _known(request: web.Request) -> dict[str, object]:
    operator = request.get(OPERATOR)
    # What everybody uses first.
    entries = sorted(NAVIGATION, key=lambda entry: ROLES.index(entry[2]))
    menu = [(url, words) for url, words, role in entries if operator and operator.has(role)]
    return {
        "operator": operator,
        "role_title": TITLES[operator.role] if operator else "",
        "csrf": request.get(CSRF, ""),
        "path": request.path,
        "menu": menu,
        "badges": request.get(BADGES, {}),
        "error": "",
        "error_field": "",
        "done": "",
    }


def problem(request: web.Request, status: int, sentence: str | None = None, *, number: str = "") -> web.Response:
    """What went wrong, as a page; short text for requests a page makes by itself."""
    heading, usual = SENTENCES.get(status, SENTENCES[500 if status >= 500 else 400])
    if "X-Background" in request.headers:
        return web.Response(status=status, text=f"{heading}. {sentence or usual}")
    return render(request, "problem.html", status=status, heading=heading, sentence=sentence or usual, number=number)


def redirect(location: str) -> web.Response:
    """To a page of ours after something was done."""
    return web.Response(status=303, headers={"Location": location})


def safe_path(path: str) -> str:
    """A path of this console to go on to; the list for anything that could lead elsewhere."""
    harmless = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if harmless else "/"
