"""What each place of a message is to the person who writes."""

import re
from dataclasses import dataclass

from bot.knowledge.places.cues import Cue, Role, find_cues
from bot.knowledge.places.frame import Frame
from bot.knowledge.places.gazetteer import Kind

_LIST = re.compile(
    r"^(?: (?:,|e|o|oppure|ed|od|ma|-|/|\(|\)|:|a|ad|in|di|d|da|al|alla|alle|ai|all|nel|nella|nell|la|le|il|l|provincia|prov|zona|frazione|quartiere|rione|borgata|borgo|"
    r"localita|comune|citta|paese|vicino|verso|via|nord|sud|precisamente|esattamente|cioe|sempre|non|piu|per|numero|n|cap|dopo|presso|esatt\w+|meglio|proprio|insomma|tra|fra|in|che|e|\d+|anzi|bensi|mica|invece|si))* $"
)
_CORRECTION = re.compile(
    r"^[ ,.!?;-]*(?:(?:ah|e|ma|oddio|ops|opps|aspetta|aspetti|mi) )*(?:anzi|no|volevo dire|volevo scrivere|intendevo|correggo|errore|scus\w+|sbagliato|ho sbagliato|pardon|perdon\w+|refuso)(?= )"
)
_CORRECTED = re.compile(r" (?:anzi|volevo dire|volevo scrivere|intendevo|correggo|scus\w+)(?: no)?(?: ,)?(?: (?:a|ad|in|di))? $")
_NEAR = re.compile(
    r" (?:vicin\w*|pressi|dintorni|attorno|intorno|fuori|parti|due passi|lontan\w*|distant\w|km|chilometri|minuti|zona|hinterland|cintura|verso|confin\w*|paese accanto|accanto)"
    r"(?: (?:a|ad|di|d|da|dal|dalla|al|alla|il|la|delle|dei|nei|nelle|in|macchina|auto|con|del|citta))* $"
)
_BETWEEN = re.compile(r" (?:tra|fra) $")
_DENIED_BEFORE = re.compile(
    r" ne (?:a |ad |di |da |in )?$| non (?:(?:abito|vivo|sto|sono|siamo|risiedo|residente|domiciliat\w|e|era|piu|proprio|nel|comune|citta|a|ad|di|da|in|mi|trovo|c|entro|quell[oa]|il|la|vengo) )*$"
)
_DENIED_AFTER = re.compile(r"^(?: \?| ,)? (?:no(?= [,.;!:]| <| ma| sono| abito| sto| vivo|$)|non piu)")
_PLAIN = frozenset(
    "buongiorno salve ciao buonasera buondi grazie si ok allora ecco io a ad di da in il la le e ed mi qui per comune citta paese cittadina zona provincia frazione , ( - : e "
    "gentile spettabile ufficio signori signora egregi egregio scusate scusi scusa buona sera giorno domanda informazione info una un sul su presso tra fra o oppure nel nella "
    "al alla alle regione cap mio mia nostro nostra codice postale citta via ma anzi no non solo cioe esattamente precisamente invece".split()
)
_RIGHT = [
    (Role.WORK, re.compile(r"^(?: ,)? (?:ci|e (?:solo )?dove|e (?:solo )?il posto dove|dove) (?:lavor|stud)\w+")),
    (Role.HOME, re.compile(r"^(?: ,)? (?:ci|e dove|e il posto dove|dove) (?:abit|viv|sto|st[oa]nno|stiamo|risied)\w*")),
    (Role.DOMICILE, re.compile(r"^(?: e)? (?:\(|come|e il mio|e il|ho (?:solo )?il|ho) domicili\w*")),
    (Role.RESIDENCE, re.compile(r"^(?: e)? (?:\(|come|di|e la mia|e la|ho (?:solo )?la|ho) residen\w*")),
    (Role.WORK, re.compile(r"^(?: e)? (?:\(|e il|ho (?:solo )?il) (?:lavor|posto|ufficio)\w*")),
    (Role.ELSEWHERE, re.compile(r"^(?: ,)? ci (?:vad|and|veng|torn|pass|part|sono st|son st|ho lav)")),
    (Role.BIRTH, re.compile(r"^ di (?:nascita|origine)")),
]
_RIGHT_WEAK = [
    (Role.WORK, re.compile(r"^ (?:lavor|stud)[oia]\w*")),
    (Role.HOME, re.compile(r"^ (?:abito|vivo|sto|risiedo|abitare|vivere|stare|abitiamo|viviamo|sono)(?= |$)")),
    (
        Role.CENTRE,
        re.compile(
            r"^(?: (?:nord|sud|centro))?(?: (?:e|siete|sta|rimane|resta|siamo))? (?:apert|chius|apre|aprite|quando|a che ora|orari|mi ha|mi hanno|ha chiam|non risp|risponde|c e |ce |ci sono|avete|siete|fate|"
            r"telefono|numero|che orari|che numero|e lontan|e lontan|dista|nord|sud)"
        ),
    ),
]
_VISIT = re.compile(r"^ (?:per (?:lavoro|lavorare|studi\w+|un corso|le vacanze|ferie|qualche|un colloquio|una visita)|in (?:vacanza|ferie|visita)|a (?:lavorare|studiare|fare)|(?:solo )?(?:oggi|stasera|domani))")
_MOVED = re.compile(
    r"(?:trasfer\w+|spostat\w+|traslocat\w+|cambi\w+ (?:di |la |il |mia |mio )*(?:residenza|domicilio|casa|citta|comune)|passat\w+|tornat\w+|rientrat\w+|venut\w+|andat\w+|emigrat\w+)"
    r"(?: \w+| <\d+>){0,5}? (?:da|dal|dalla|dall|d)(?: (?:provincia|comune) di)? $"
)
_MOVED_AFTER = re.compile(r"^(?: \w+){0,2} (?:mi sono|ci siamo|sono|siamo|mi hanno|ho) (?:\w+ )?(?:trasferit|spostat|traslocat|venut|passat|arrivat|tornat|cambiat)\w*")
# Behind a place said on its own: nothing, a sign, or the question. A verb makes it the subject of something else.
_ENDS_THERE = re.compile(
    r"^(?:$| [^\w\s<]| <| (?:che|dove|quale|qual|quali|a|ad|cosa|come|quando|chi|grazie|per|e|o|oppure|ma|cerco|vorrei|posso|devo|ho|sono|abito|in|provincia|zona|ufficio|cpi|"
    r"centro|no|si|non|anzi|scus\w+|sempre|piemonte|via|nord|sud|quindi|mi serve|quartiere|frazione|citta|da|fino|ciao|invece)(?= |$))"
)
_ADDRESS = re.compile(r" (?:via|a|ad|in|nel|nella|al|alla|alle|di|zona|frazione|borgata|localita|quartiere|comune|cap|\d+)(?: ,)? $")
_CLAUSE = re.compile(r" (?:che|perche|se|quando|dove|mentre|ho|ha|hanno|avete|posso|vorrei|devo|volevo|sapere) ")
_ASKED_FOR = re.compile(r" (?:per|x)(?: (?:il comune di|la zona di|la citta di|comune di|la|il|chi sta a|noi di|chi e di))? $")
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
        found.append(_role_of(frame, k, cues, found))
    roles = [each.role for each in found]
    _correct(frame, found, roles)
    return [_nearby(frame, k, role, found[k].cue) for k, role in enumerate(roles)]


def _role_of(frame: Frame, k: int, cues: list[Cue], found: list[_Found]) -> _Found:
    before, after = frame.before(k), frame.after(k)
    cue = _cue_before(frame, k, cues)
    if role := next((role for role, pattern in _RIGHT if pattern.match(after)), None):
        return _Found(role, None)
    if _MOVED.search(before) or (before.endswith(("da ", "dal ", "dalla ")) and _MOVED_AFTER.match(after)):
        return _Found(Role.FORMER, cue)
    if _DENIED_BEFORE.search(before) or _DENIED_AFTER.match(after):
        return _Found(Role.DENIED, cue)
    if k and cue and found[k - 1].role is Role.FORMER and found[k - 1].cue is cue and cue.role is not Role.FORMER:
        return _Found(Role.HOME if re.match(r"^(?: \w+)* (?:a|ad|in|nel|verso) $", frame.between(k - 1, k)) else Role.UNSURE, cue)
    if cue is None:
        return _Found(_without_cue(frame, k, found), None)
    return _Found(_with_cue(frame, k, cue, cues, found), cue)


def _cue_before(frame: Frame, k: int, cues: list[Cue]) -> Cue | None:
    """The last cue before a spot in its sentence."""
    mark = frame.marks[k][0]
    start = mark - len(frame.before(k))
    known = [cue for cue in cues if start <= cue.start and cue.end <= mark]
    return known[-1] if known else None


def _with_cue(frame: Frame, k: int, cue: Cue, cues: list[Cue], found: list[_Found]) -> Role:
    mark = frame.marks[k][0]
    gap = frame.text[cue.end : mark]
    role = cue.role
    if "<" in gap:
        # The cue was about another place already; it reaches this one only in a row of places.
        if not _LIST.match(frame.between(k - 1, k)):
            weak = next((role for role, pattern in _RIGHT_WEAK if pattern.match(frame.after(k))), None)
            carried = found[k - 1].role if found[k - 1].role.level < 0 and len(frame.between(k - 1, k).split()) < 4 else Role.UNSURE
            return weak or (carried if carried is not Role.DENIED else Role.UNSURE)
        role = found[k - 1].role if found[k - 1].role is not Role.DENIED else role
    elif (role in _COMMA_FREES and " ," in gap) or (role.level > 1 and _is_out_of_reach(gap)):
        return Role.UNSURE
    if role is Role.CENTRE and _ASKED_FOR.search(frame.text[:mark]) and _ASKED_NOUNS.match(cue.text):
        return Role.NEUTRAL
    if role is Role.HOME and cue.text.startswith(("sono", "sto", "siamo")) and _VISIT.match(frame.after(k)):
        return Role.WORK
    if role is Role.FORMER and "trasferi" in cue.text:
        return Role.HOME
    return role


def _is_out_of_reach(gap: str) -> bool:
    """Whether between a home and a place another clause begins: "vivo in macchina, Torino aveva promesso"."""
    if _LIST.match(gap) or _ADDRESS.search(gap):
        return bool(_CLAUSE.search(gap))
    return "," in gap or len(gap.split()) > 8 or bool(_CLAUSE.search(gap))


def _without_cue(frame: Frame, k: int, found: list[_Found]) -> Role:
    """A place nothing is said about: it counts when it is said on its own, and is asked about when it stands inside other talk."""
    if weak := next((role for role, pattern in _RIGHT_WEAK if pattern.match(frame.after(k))), None):
        return weak
    before = re.sub(r"<\d+>", "", frame.before(k)).split()
    if _ASKED_FOR.search(frame.before(k)):
        return Role.NEUTRAL
    if all(word in _PLAIN or word.isdigit() for word in before):
        return Role.NEUTRAL if _ENDS_THERE.match(frame.after(k)) else Role.UNSURE
    if _CORRECTED.search(frame.before(k)) or (k and found[k - 1].role is Role.DENIED and _LIST.match(frame.between(k - 1, k))):
        return Role.NEUTRAL
    return Role.UNSURE


def _correct(frame: Frame, found: list[_Found], roles: list[Role]) -> None:
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
    between = _BETWEEN.search(before) or (k and _BETWEEN.search(frame.before(k - 1)) and frame.between(k - 1, k).strip() in {"e", "ed"})
    if not near and not between:
        return role
    if near and near.group().split()[0] == "zona" and frame.spots[k].entry.kind in (Kind.HAMLET, Kind.AREA):
        return role
    if role.level >= 0:
        return Role.NEAR
    return Role.NEAR if role is Role.CENTRE and cue is not None and _ASKED_NOUNS.match(cue.text) and near and "vicin" in near.group() else role
