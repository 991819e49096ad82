"""What each place of a message is to the person who writes."""

import re
from dataclasses import dataclass

from bot.knowledge.places.cues import Cue, Role, find_cues
from bot.knowledge.places.frame import Frame
from bot.knowledge.places.gazetteer import Kind, get_gazetteer

_LIST = re.compile(
    r"^(?: (?:,|e|o|oppure|ed|od|ma|-|/|\(|\)|:|a|ad|in|di|d|da|al|alla|alle|ai|all|nel|nella|nell|la|le|il|l|provincia|prov|zona|frazione|quartiere|rione|borgata|borgo|"
    r"localita|comune|citta|paese|vicino|verso|via|nord|sud|precisamente|esattamente|cioe|sempre|non|piu|per|numero|n|cap|dopo|presso|esatt\w+|meglio|proprio|insomma|tra|fra|in|che|e|\d+|anzi|bensi|mica|invece|si))* $"
)
_CORRECTION = re.compile(
    r"^[ ,.!?;-]*(?:(?:ah|e|ma|oddio|ops|opps|aspetta|aspetti|mi) )*(?:anzi|no|volevo dire|volevo scrivere|intendevo|correggo|errore|scus\w+|sbagliato|ho sbagliato|pardon|perdon\w+|refuso)(?= )"
)
_CORRECTED = re.compile(
    r" (?:anzi|volevo dire|volevo scrivere|intendevo|correggo|scus\w+)(?: no)?(?: ,)?(?: (?:a|ad|in|di))? $"
)
_NEAR = re.compile(
    r" (?:vicin\w*|sopra|sotto|pressi|dintorni|attorno|intorno|fuori|parti|due passi|lontan\w*|distant\w|km|chilometri|minuti|zona|hinterland|cintura|verso|confin\w*|paese accanto|accanto)"
    r"(?: (?:a|ad|di|d|da|dal|dalla|al|alla|il|la|delle|dei|nei|nelle|in|macchina|auto|con|del|citta))* $"
)
_BETWEEN = re.compile(r" (?:tra|fra) $")
_DENIED_BEFORE = re.compile(
    r" ne (?:a |ad |di |da |in )?$| non (?:(?:abito|vivo|sto|sono|siamo|risiedo|residente|domiciliat\w|e|era|piu|proprio|nel|comune|citta|a|ad|di|da|in|mi|trovo|c|entro|quell[oa]|il|la|vengo) )*$"
)
_DENIED_AFTER = re.compile(
    r"^ (?:io )?non ci (?:sono|abito|vivo|sto|ho)|^(?: \?| ,)? (?:no(?= [,.;!:]| <| ma| sono| abito| sto| vivo|$)|non piu)"
)
_PLAIN = frozenset(
    "ops opps ah oh buongiorno salve ciao buonasera buondi grazie si ok allora ecco io a ad di da in il la le e ed mi qui per comune citta paese cittadina zona provincia frazione , ( - : e "
    "gentile spettabile ufficio signori signora egregi egregio scusate scusi scusa buona sera giorno domanda informazione info una un sul su presso fuori appena subito poco vicino sopra sotto tra fra o oppure nel nella "
    "al alla alle regione cap mio mia nostro nostra codice postale citta via ma anzi no non solo cioe esattamente precisamente invece".split()
)
_RIGHT = [
    (Role.WORK, re.compile(r"^(?: ,)? (?:ci|e (?:solo )?dove|e (?:solo )?il posto dove|dove) (?:lavor|stud)\w+")),
    (
        Role.HOME,
        re.compile(
            r"^(?: ,)?(?: ma| pero)? (?:ci|e dove|e il posto dove|dove) (?:abit|viv|sto|st[oa]nno|stiamo|risied)\w*"
        ),
    ),
    (
        Role.DOMICILE,
        re.compile(
            r"^(?: e)? (?:\(|come|e il mio|e il|ho (?:solo )?il|ho) domicili\w*\b(?! (?:(?:e|a|ad|in|:|invece|ma) ){0,3}<)"
        ),
    ),
    (
        Role.RESIDENCE,
        re.compile(
            r"^(?: e)? (?:\(|come|di|e la mia|e la|ho (?:solo )?la|ho) residen\w*\b(?! (?:(?:e|a|ad|in|:|invece|ma) ){0,3}<)"
        ),
    ),
    (Role.WORK, re.compile(r"^(?: e)? (?:\(|e il|ho (?:solo )?il) (?:lavor|posto|ufficio)\w*")),
    (Role.ELSEWHERE, re.compile(r"^(?: ,)? ci (?:vad|and|veng|torn|pass|part|sono st|son st|ho lav)")),
    (Role.BIRTH, re.compile(r"^ di (?:nascita|origine)")),
]
_RIGHT_WEAK = [
    (Role.WORK, re.compile(r"^ (?:lavor|stud)[oia]\w*")),
    (Role.HOME, re.compile(r"^ (?:abito|vivo|sto|risiedo|abitare|vivere|stare|abitiamo|viviamo|sono$)(?= |$)")),
    (
        Role.CENTRE,
        re.compile(
            r"^(?: [,:?])? (?:siete|avete|aprite|fate)(?= )|^(?: (?:nord|sud|centro))?(?: (?:e|siete|sta|rimane|resta|siamo))? (?:apert|chius|apre|aprite|quando|a che ora|orari|mi ha|mi hanno|ha chiam|non risp|risponde|c e |ce |ci sono|avete|siete|fate|"
            r"telefono|numero|che orari|che numero|e lontan|e lontan|dista|nord|sud)"
        ),
    ),
]
_VISIT = re.compile(
    r"^(?: solo| soltanto)? (?:per (?:lavoro|lavorare|studi\w+|un corso|le vacanze|ferie|qualche|un colloquio|una visita)|in (?:vacanza|ferie|visita)|a (?:lavorare|studiare|fare)|(?:solo )?(?:oggi|stasera|domani))"
)
_MOVED = re.compile(
    r"(?:trasfer\w+|spostat\w+|traslocat\w+|cambi\w+ (?:di |la |il |mia |mio )*(?:residenza|domicilio|casa|citta|comune)|passat\w+|tornat\w+|rientrat\w+|venut\w+|andat\w+|emigrat\w+)"
    r"(?: \w+| <\d+>){0,5}? (?:da|dal|dalla|dall|d)(?: (?:provincia|comune) di)? $"
)
_MOVED_AFTER = re.compile(
    r"^(?: \w+){0,2} (?:mi sono|ci siamo|sono|siamo|mi hanno|ho) (?:\w+ )?(?:trasferit|spostat|traslocat|venut|passat|arrivat|tornat|cambiat)\w*"
)
# Behind a place said on its own: nothing, a sign, or the question. A verb makes it the subject of something else.
_GOES_ON = re.compile(r"^ (?:fino )?(?:a|ad|in) (?:qui|qua|casa|<)|^ qui ")
_LIVES = re.compile(
    r"abit|viv|sto|sta|resid|domic|mi trovo|ci trov|trasferit|(?:sono|siamo)(?!.* da)|al momento|attualmente|ora|adesso|oggi"
)
_ENDS_THERE = re.compile(
    r"^(?:$| \w(?: |$)| [^\w\s<]| <| (?:che|dove|quale|qual|quali|a|ad|cosa|come|quando|chi|grazie|per|e|o|oppure|ma|cerco|vorrei|posso|devo|ho|sono|abito|in|provincia|zona|ufficio|cpi|"
    r"centro|no|si|non|anzi|scus\w+|sempre|piemonte|via|nord|sud|quindi|mi serve|quartiere|frazione|citta|da|fino|ciao|invece|vicino|verso|sopra)(?= |$))"
)
_INSTITUTION = re.compile(r"\w.* (?:il|la|dal|dalla|del|della|al|alla|che il|che la) (?:comune|citta) di $")
_CLAUSE = re.compile(r" (?:che|perche|se|quando|dove|mentre|ho|ha|hanno|avete|posso|vorrei|devo|volevo|sapere) ")
_ASKED_FOR = re.compile(
    r" (?:per|x)(?: (?:il comune di|la zona di|la citta di|comune di|la|il|chi sta a|noi di|chi e di))? $"
)
_ASKED_NOUNS = re.compile(r"cpi|centr|impiego|uffici|sed|sportell|quell|collocament|a chi|agenzi")
_COMMA_FREES = frozenset({Role.CENTRE, Role.WORK, Role.ELSEWHERE})


@dataclass(frozen=True)
class _Found:
    role: Role
    cue: Cue | None


def roles_of(frame: Frame) -> list[Role]:
    """The role of each spot, in order."""
    cues = find_cues(frame.text)
    found: list[_Found] = []
    for k in range(len(frame.spots)):
        cue = _cue_before(frame, k, cues)
        role = _by_what_stands_beside(frame, k) or _on_from(frame, k, cue, found)
        if role is None:
            role = _with_cue(frame, k, cue, found) if cue else _without_cue(frame, k, found)
        found.append(_Found(role, cue))
    roles = [each.role for each in found]
    _correct(frame, roles)
    return [_nearby(frame, k, role, found[k].cue) for k, role in enumerate(roles)]


def _cue_before(frame: Frame, k: int, cues: list[Cue]) -> Cue | None:
    """The last cue before a spot in its sentence."""
    mark = frame.marks[k][0]
    start = mark - len(frame.before(k))
    known = [cue for cue in cues if start <= cue.start and cue.end <= mark]
    return known[-1] if known else None


def _by_what_stands_beside(frame: Frame, k: int) -> Role | None:
    """The role that words right beside a spot give it, stronger than any cue further off."""
    before, after = frame.before(k), frame.after(k)
    if role := _matched(_RIGHT, after):
        return role
    left = before.endswith((" da ", " dal ", " dalla ")) and (_GOES_ON.match(after) or _MOVED_AFTER.match(after))
    if left or _MOVED.search(before):
        return Role.FORMER
    return Role.DENIED if _DENIED_BEFORE.search(before) or _DENIED_AFTER.match(after) else None


def _on_from(frame: Frame, k: int, cue: Cue | None, found: list[_Found]) -> Role | None:
    """The role of the second place in "da Bra ad Alba": the new home if somebody moved, else whatever was spoken of."""
    if not k or found[k - 1].role is not Role.FORMER or found[k - 1].cue is not cue:
        return None
    if cue is None or not re.match(r"^(?: \w+)* (?:a|ad|in|nel|verso) $", frame.between(k - 1, k)):
        return Role.ELSEWHERE if cue is None else Role.UNSURE if cue.role is not Role.FORMER else None
    if cue.role is Role.FORMER or cue.role.level < 0:
        return None if cue.role is Role.FORMER else cue.role
    if cue.role not in (Role.HOME, Role.FUTURE, Role.RESIDENCE, Role.DOMICILE):
        return Role.UNSURE
    return Role.FUTURE if cue.role is Role.FUTURE and not cue.text.startswith("cambi") else Role.HOME


def _with_cue(frame: Frame, k: int, cue: Cue, found: list[_Found]) -> Role:
    mark = frame.marks[k][0]
    gap = frame.text[cue.end : mark]
    role = cue.role
    if "<" in gap:
        if not _LIST.match(frame.between(k - 1, k)):
            return _matched(_RIGHT_WEAK, frame.after(k)) or _carried(frame, k, found)
        role = _in_a_row(frame, k, role, found[k - 1].role)
    elif (role in _COMMA_FREES and " ," in gap) or (role.level > 1 and _is_out_of_reach(gap, frame.after(k))):
        return Role.UNSURE
    return _as_used(frame, k, cue, role)


def _in_a_row(frame: Frame, k: int, role: Role, previous: Role) -> Role:
    """The role of a place in a row: that of the one before, unless that one was only named to be denied."""
    contrast = re.search(r" (?:ma|bensi|anzi) ", frame.between(k - 1, k))
    if contrast and Role.FORMER in (role, previous):
        return Role.HOME
    return role if previous is Role.DENIED else previous


def _carried(frame: Frame, k: int, found: list[_Found]) -> Role:
    """The role of a place in whose reach another stood before: a work place goes on for a few words, a home does not."""
    previous = found[k - 1].role
    goes_on = previous.level < 0 and previous is not Role.DENIED and len(frame.between(k - 1, k).split()) < 4
    return previous if goes_on else Role.UNSURE


def _as_used(frame: Frame, k: int, cue: Cue, role: Role) -> Role:
    """The role of a cue in the sentence it is used in."""
    before, after = frame.before(k), frame.after(k)
    if role is Role.HOME and frame.spots[k].entry.kind is Kind.ABROAD and not _LIVES.match(cue.text):
        return Role.FROM
    if role is Role.HOME and cue.text.startswith(("sono", "sto", "siamo")) and _VISIT.match(after):
        return Role.WORK
    if role is Role.CENTRE and _ASKED_FOR.search(before) and _ASKED_NOUNS.match(cue.text):
        return Role.NEUTRAL
    return role


def _matched(patterns: list[tuple[Role, re.Pattern[str]]], text: str) -> Role | None:
    return next((role for role, pattern in patterns if pattern.match(text)), None)


def _is_out_of_reach(gap: str, after: str) -> bool:
    """Whether between a home and a place another clause begins: "vivo in macchina, Torino aveva promesso"."""
    if _CLAUSE.search(gap) or len(gap.split()) > 8 or _INSTITUTION.search(gap):
        return True
    last = gap.rsplit(",", 1)[-1]
    return "," in gap and not (_LIST.match(last) and (last.strip() or _ENDS_THERE.match(after)))


def _without_cue(frame: Frame, k: int, found: list[_Found]) -> Role:
    """A place nothing is said about: it counts when it is said on its own, and is asked about when it stands inside other talk."""
    if weak := _matched(_RIGHT_WEAK, frame.after(k)):
        return weak
    before = re.sub(r"<\d+>", "", frame.before(k)).split()
    if frame.before(k).endswith((" per ", " il comune di ", " la citta di ")):
        return (
            Role.NEUTRAL
            if re.match(r"$| [^\w\s<]| (?:che|qual|quale|dove|a chi)(?= )", frame.after(k))
            else Role.UNSURE
        )
    names = get_gazetteer().first_names
    if all(word in _PLAIN or word.isdigit() or word in names for word in before):
        return Role.NEUTRAL if _ENDS_THERE.match(frame.after(k)) else Role.UNSURE
    if _CORRECTED.search(frame.before(k)) or (
        k and found[k - 1].role is Role.DENIED and _LIST.match(frame.between(k - 1, k))
    ):
        return Role.NEUTRAL
    return Role.UNSURE


def _correct(frame: Frame, roles: list[Role]) -> None:
    """Let the place after "anzi" or "volevo dire" stand for the one before."""
    for k in range(1, len(roles)):
        gap = frame.between(k - 1, k)
        if not _CORRECTION.match(gap) or len(gap) > 70 or roles[k] is Role.DENIED:
            continue
        own = [cue for cue in find_cues(gap) if cue.role not in (Role.HOME, Role.FROM, Role.NEUTRAL)]
        if own and roles[k].level < 1:
            continue
        if roles[k - 1] is not Role.DENIED and roles[k].level < max(roles[k - 1].level, 1):
            roles[k] = roles[k - 1]
        elif roles[k].level < 1:
            roles[k] = Role.NEUTRAL
        roles[k - 1] = Role.DENIED


def _nearby(frame: Frame, k: int, role: Role, cue: Cue | None) -> Role:
    """Turn "near X" into what it is: a hint, not the place."""
    before = frame.before(k)
    near = _NEAR.search(before)
    between = _BETWEEN.search(before) or (
        k and _BETWEEN.search(frame.before(k - 1)) and frame.between(k - 1, k).strip() in {"e", "ed"}
    )
    if not near and not between:
        return role
    if near and near.group().split()[0] == "zona" and frame.spots[k].entry.kind in (Kind.HAMLET, Kind.AREA):
        return role
    if role.level >= 0:
        return Role.NEAR
    return (
        Role.NEAR
        if role is Role.CENTRE and cue is not None and _ASKED_NOUNS.match(cue.text) and near and "vicin" in near.group()
        else role
    )
