"""Whether what is said is wanted, refused, gone by, or only named in passing: the words around each stretch decide."""

import re
from datetime import date, timedelta
from typing import Literal

from bot.nlu.when.gaps import CORRECTION
from bot.nlu.when.life import Around, tells_of_life
from bot.nlu.when.segments import Segment
from bot.nlu.when.tenses import AHEAD, CLAUSE, FOR, GONE, GONE_AFTER, LASTS, OPENING, SINCE, WAS
from bot.nlu.when.verbs import (
    ACCEPTED,
    ANOTHER,
    ASIDE,
    BESIDES,
    BUSY_FROM,
    CLOSED,
    FREE_AFTER,
    FREE_FROM,
    HARMLESS,
    INSTEAD,
    LETTER,
    LIKED,
    MOVE,
    OPENING_NO,
    REFUSES_NEXT,
    REFUSES_PREVIOUS,
    SOURCE,
    TOO,
)

Sign = Literal["wanted", "refused", "past", "perhaps_past", "source", "aside", "free_from", "busy_from", "life"]


def signs(found: list[Segment], text: str, today: date) -> list[Sign]:
    """The sign of each stretch."""
    harmless = HARMLESS.sub(lambda match: "~" * len(match[0]), text)
    refused = _refusals(found, harmless)
    refused = [no and not _answers_no(segment, harmless) for no, segment in zip(refused, found, strict=True)]
    refused = [no or segment.busy or _shift(segment, harmless) for no, segment in zip(refused, found, strict=True)]
    marks: list[Sign] = ["refused" if no else _sign(found, index, text) for index, no in enumerate(refused)]
    marks = ["past" if _dates_paper(*one, text, today) else one[1] for one in zip(found, marks, strict=True)]
    return _another_asked(found, _of_life(found, marks, text), text)


def _dates_paper(segment: Segment, sign: Sign, text: str, today: date) -> bool:
    """ "La convocazione del 20 gennaio" said in February: a paper has its day behind it, not a year ahead."""
    far = today + timedelta(days=180)
    return (
        sign == "aside"
        and all(one.date and one.date > far for one in segment.days)
        and LETTER.search(text[: segment.start]) is not None
    )


def _of_life(found: list[Segment], marks: list[Sign], text: str) -> list[Sign]:
    """Wanted only when its clause tells of nothing else that fills that time."""
    result: list[Sign] = []
    for index, (segment, sign) in enumerate(zip(found, marks, strict=True)):
        last = index + 1 == len(found)
        piece = Around(
            before=text[found[index - 1].end if index else 0 : segment.start],
            said=text[segment.start : segment.end],
            after=text[segment.end : len(text) if last else found[index + 1].start],
            last=last,
            told=index > 0 and result[-1] == "life",
        )
        life = sign == "wanted" and tells_of_life(
            piece, hours=not segment.has_day, stretch=segment.stretch, onwards=segment.only_from
        )
        result.append("life" if life else sign)
    return result


def _another_asked(found: list[Segment], marks: list[Sign], text: str) -> list[Sign]:
    """ "Domani c'è sciopero, mi date un altro giorno?": the days named before are refused."""
    asked = ANOTHER.search(text)
    if not asked or MOVE.search(text):
        return marks
    early = [
        segment.has_day and segment.end < asked.start() and text[: segment.start].find("posso") < 0 for segment in found
    ]
    return [
        "refused" if first and sign in ("wanted", "aside") else sign for first, sign in zip(early, marks, strict=True)
    ]


def _answers_no(segment: Segment, text: str) -> bool:
    """ "No giovedì è meglio" answers no, and wants Thursday."""
    return OPENING_NO.search(text[: segment.start]) is not None and LIKED.match(text[segment.end :]) is not None


def _shift(segment: Segment, text: str) -> bool:
    """ "Questa settimana faccio mattina" speaks of a shift."""
    return (
        not segment.has_day
        and re.search(r"\bfaccio(?: (?:il|la|di|turno|turni))* $", text[: segment.start]) is not None
    )


def _refusals(found: list[Segment], text: str) -> list[bool]:
    refused = [False] * len(found)
    edges = [0, *(segment.end for segment in found)]
    for index in range(len(found) + 1):
        gap = text[edges[index] : found[index].start if index < len(found) else len(text)]
        previous, following = index - 1 if index else None, index if index < len(found) else None
        _judge(
            gap,
            previous,
            following,
            refused,
            before=text[edges[max(index - 1, 0)] : found[index - 1].start] if index else "",
        )
    return refused


def _judge(gap: str, previous: int | None, following: int | None, refused: list[bool], *, before: str) -> None:
    """Gives the refusals of a gap to the stretch before it or to the one after."""
    corrected = list(CORRECTION.finditer(gap))
    if corrected and following is not None:
        tail = gap[corrected[-1].end() :]
        refused[following] = REFUSES_NEXT.search(tail) is not None
        return
    head = REFUSES_PREVIOUS.match(gap) if previous is not None else None
    tail_match = REFUSES_NEXT.search(gap) if following is not None else None
    if head and tail_match and head.end("neg") > tail_match.start():
        if _belongs_to_next(gap, head, tail_match, before):
            head = None
        else:
            tail_match = None
    elif (
        head
        and tail_match
        and tail_match["neg"]
        and re.search(r"\b(?:perche|che|causa|siccome)\b", gap[head.end() : tail_match.end()])
    ):
        tail_match = None
    if previous is not None:
        refused[previous] = (
            refused[previous]
            or head is not None
            or (previous > 0 and refused[previous - 1] and TOO.match(gap) is not None)
        )
    if tail_match and following is not None:
        refused[following] = True


def _belongs_to_next(gap: str, head: re.Match[str], tail: re.Match[str], before: str) -> bool:
    if tail["only"]:
        return True
    comma_before = re.search(r"[,.;]", gap[: tail.start()]) is not None
    comma_after = re.search(r"[,.;]", gap[head.end() :]) is not None
    if comma_before != comma_after:
        return comma_before and not re.fullmatch(r"no|niente|nada", head["neg"])
    return ACCEPTED.search(before) is not None or tail["rest"].strip() not in (
        "",
        "venire",
        "passare",
        "esserci",
        "proprio",
    )


def _sign(found: list[Segment], index: int, text: str) -> Sign:
    segment = found[index]
    before = text[found[index - 1].end if index else 0 : segment.start]
    after = text[segment.end : found[index + 1].start if index + 1 < len(found) else len(text)]
    if segment.past:
        return "past"
    return (
        _from_work(segment, before, after)
        or _named(segment, before, after, text, _tense(segment, before, after))
        or ("aside" if _aside(before, after) else "wanted")
    )


def _from_work(segment: Segment, before: str, after: str) -> Sign | None:
    if segment.has_day:
        return None
    return (
        "free_from"
        if FREE_FROM.search(before) or FREE_AFTER.match(after)
        else "busy_from"
        if BUSY_FROM.search(before)
        else None
    )


def _named(segment: Segment, before: str, after: str, text: str, tense: Sign | None) -> Sign | None:
    """Days named without being wanted: gone by, of an appointment to change, of a state since then."""
    since = SINCE.search(before) or (re.search(r"(?:^|\W)[eè] $", before) and re.match(r" (?:che|ke) ", after))
    if since and any(item.date_from and not item.date_to for item in segment.days):
        return "past"
    named = INSTEAD.search(before) or (SOURCE.search(before) and segment.has_day and not LETTER.search(before))
    return tense or ("source" if named or _moved_from(text[: segment.start], after) else None)


def _aside(before: str, after: str) -> bool:
    """Whether something else falls on that day: a deadline, a wedding, a train."""
    near = CLAUSE.split(before)[-1]
    if LETTER.search(before):
        return True
    falls = ASIDE.search(near) is not None and not AHEAD.search(near)
    return falls or CLOSED.match(after) is not None or BESIDES.match(after) is not None


def _moved_from(before: str, after: str) -> bool:
    """ "Spostare ... giovedì a venerdì": Thursday is only where it moves from."""
    target = re.match(r"^[ ,]*(?:a|al|all|alla|con|in|verso|per)(?: (?:il|l|la))? ?$", after)
    return target is not None and MOVE.search(before) is not None


def _tense(segment: Segment, before: str, after: str) -> Sign | None:
    """Past when a verb of the same clause is, and nothing there looks ahead."""
    if any(group.day.ahead for group in segment.groups if group.day):
        return None
    before, after = CLAUSE.split(before)[-1], CLAUSE.split(after)[0]
    gone = [*GONE.finditer(before)]
    ahead = sorted([*AHEAD.finditer(before), *LASTS.finditer(before)], key=lambda match: match.start())
    if gone and not FOR.search(before) and not (ahead and ahead[-1].start() > gone[-1].start()):
        return "past"
    if GONE_AFTER.match(after) and OPENING.fullmatch(before):
        return "past"
    return "perhaps_past" if WAS.search(before) and not ahead else None
