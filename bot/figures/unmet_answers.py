"""Answers that were not there: about what, and in which words it was asked."""

import re
from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.demand.tables import unmet_demand
from bot.figures.model import FEW, Column, Figure, few
from bot.figures.period import Period, Scope
from bot.figures.unmet import ASKED, of
from bot.knowledge.spelling import fold
from bot.privacy.masking import mask
from bot.storage.tables import messages, parses

_U = unmet_demand.c
MOST_READ = 1500
"""So many of the latest messages are read."""
MOST_ASKERS = 2000
MOST_WORDS = 60
LEAST_LETTERS = 4
STOP = frozenset(
    """
    come cosa sono posso vorrei voglio devo quando dove quale quali quanto quanti perche anche ancora della delle degli
    dello dalla dalle nella nelle alla alle questo questa questi queste quello quella essere avere fare fatto grazie ciao
    buongiorno salve buonasera miei mie loro molto solo sempre pero allora invece oppure senza dopo prima adesso oggi
    domani hanno abbiamo siete siamo sapere dire dice detto avete puoi potete serve servono qualcuno nessuno niente tutto
    """.split()
)
"""Words that say nothing about what was asked."""


async def by_topic(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """What there was no answer to: the likeliest topic of what was not understood, and details that are missing."""
    # What nothing resembled has no topic.
    query = (
        select(
            _U.topic,
            func.count(),
            func.count().filter(_U.reason == "not_understood"),
            func.count().filter(_U.reason == "no_aspect"),
        )
        .select_from(ASKED)
        .where(_U.kind == "no_answer", *of(period, scope))
        .group_by(_U.topic)
        .order_by(func.count().desc(), _U.topic)
    )
    hidden = scope.is_of_centres
    return Figure(
        key="argomenti",
        title="Risposte che mancavano, per argomento",
        columns=(
            Column("Argomento più vicino", "intent"),
            Column("In tutto"),
            Column("Non capita due volte"),
            Column("Manca il dettaglio"),
        ),
        rows=[
            (row[0] or "nessuno", *(few(count, count, hidden=hidden) for count in row[1:]))
            for row in await connection.execute(query)
        ],
    )


async def words(connection: AsyncConnection, period: Period, scope: Scope) -> Figure:
    """Words of messages without an answer, by how many people wrote them; rarer ones than five people's are left out."""
    mine = (_U.kind.in_(("no_answer", "off_topic")), *of(period, scope))
    asked = select(_U.conversation_id).select_from(ASKED).where(*mine).order_by(_U.day.desc()).limit(MOST_ASKERS)
    query = (
        select(messages.c.conversation_id, messages.c.text)
        .join(parses, parses.c.message_id == messages.c.id)
        .where(messages.c.conversation_id.in_(asked), parses.c.fallback)
        .limit(MOST_READ)
    )
    writers: dict[str, set[object]] = defaultdict(set)
    for conversation_id, text in await connection.execute(query):
        for word in told_words(text):
            writers[word].add(conversation_id)
    counted = [(word, len(people)) for word, people in writers.items() if len(people) >= FEW]
    return Figure(
        key="parole",
        title="Parole di chi non ha avuto risposta",
        columns=(Column("Parola", "text"), Column("Persone")),
        rows=sorted(counted, key=lambda pair: (-pair[1], pair[0]))[:MOST_WORDS],
        note=f"Solo le parole scritte da almeno {FEW} persone: così nessun nome finisce qui.",
    )


def told_words(text: str) -> set[str]:
    """The words of a message that may tell what it is about, folded; personal data masked before."""
    plain = re.sub(r"\[[^\]]*\]|\([^)]*\)", " ", mask(text))
    return {word for word in re.findall(r"[a-z]+", fold(plain)) if len(word) >= LEAST_LETTERS} - STOP
