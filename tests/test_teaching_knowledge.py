"""Answers, centres, topics and names of places changed from the console; facts past their day."""

import html
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from conftest import Query
from console_support import Desk, SignIn
from teaching_support import form_of

from bot.answers.centres import hours
from bot.answers.topics import answer_topic
from bot.knowledge import load_knowledge
from bot.knowledge.check import findings
from bot.knowledge.dates import is_stale
from bot.knowledge.load import FOLDER
from bot.teaching import changes
from bot.teaching.regression import read_cases

DID = "/conoscenze/argomenti/did"
DID_FILE = "bot/knowledge/data/services/did.yml"
CENTRES_FILE = "bot/knowledge/data/centres.yml"


async def sent(desk: Desk, path: str, fields: dict[str, str]) -> tuple[int, str]:
    answer = await desk.client.post(path, data=fields, allow_redirects=False)
    return answer.status, await answer.text()


async def confirmed(desk: Desk, path: str, fields: dict[str, str]) -> str:
    """Send a form, look at the diff, say yes. Returns the page with the diff."""
    status, page = await sent(desk, path, fields)
    assert status == 200 and "Che cosa scriverò" in page, (status, re.findall(r'role="alert".*?</p>', page, re.DOTALL))
    status, text = await sent(desk, path, form_of(page))
    assert status == 303, text
    return page


def lines_changed(before: str | None, after: str | None) -> list[str]:
    return [line for line in changes.Change(path="x", before=before, after=after).lines[2:] if line[0] in "+-"]


async def test_one_word_of_an_answer_is_one_line_of_the_file(teachers: SignIn, query: Query, project: Path) -> None:
    sara = await teachers("sara", "supervisore")
    before = changes.read(project, DID_FILE)
    fields = form_of(await sara.page(DID))
    answer = fields["answer"].replace("primo passo", "primo gradino")
    page = await confirmed(sara, DID, fields | {"answer": answer, "confermo": "1"})
    assert "tolta: " in page and "aggiunta: " in page
    after = changes.read(project, DID_FILE)
    assert len(lines_changed(before, after)) == 2
    assert (
        "primo gradino"
        in answer_topic(load_knowledge(project / FOLDER), "did", aspect=None, today=date(2026, 3, 2)).text
    )
    assert query("SELECT kind, title FROM lessons") == [("answer", "Risposta su «Iscriversi: la DID»")]
    assert query("SELECT count(*) FROM console_audit WHERE action = 'insegnamento'") == [(1,)]
    # The page knows it at once, and the lesson is taken back.
    assert "primo gradino" in await sara.page(DID)
    [(lesson,)] = query("SELECT id FROM lessons")
    shown = await (await sara.post(f"/lezioni/{lesson}/annulla")).text()
    [digest] = re.findall(r'name="mostrato" value="(\w+)"', shown)
    assert (await sara.post(f"/lezioni/{lesson}/annulla", {"mostrato": digest})).status == 303
    assert changes.read(project, DID_FILE) == before


WRONG_ANSWERS = [
    ({"answer": "Vai al centro."}, "Da dove lo sai?"),
    ({"answer": "", "confermo": "1"}, "answer"),
    ({"answer": "Vieni!", "confermo": "1"}, "punti esclamativi"),
    ({"answer": "x" * 421, "confermo": "1"}, "answer"),
    (
        {
            "answer": "L'autocertificazione preliminarmente predisposta dall'amministrazione provinciale competente "
            "necessita conseguentemente dell'autenticazione telematica.",
            "confermo": "1",
        },
        "Gulpease",
    ),
    ({"title": "t" * 41, "confermo": "1"}, "title"),
    ({"as_of": "ieri"}, "as_of"),
    ({"review_by": "31/12/2026"}, "La data si scrive"),
    ({"fonte-indirizzo": "https://example.org"}, "titolo della fonte"),
    ({"fonte": "Una fonte", "fonte-indirizzo": "javascript:alert(1)"}, "inizia con https"),
    ({"fonte": "Una fonte", "fonte-data": "marzo"}, "date"),
    ({}, "Non hai cambiato niente"),
]


async def test_an_answer_that_breaks_a_rule_is_refused_with_the_reason(
    teachers: SignIn, query: Query, project: Path
) -> None:
    sara = await teachers("sara", "supervisore")
    before = changes.read(project, DID_FILE)
    for change, told in WRONG_ANSWERS:
        fields = form_of(await sara.page(DID)) | change
        status, page = await sent(sara, DID, fields)
        assert status == 422 and told in page, (told, page[:3000])
        # What was written is still there to be mended.
        for name, value in change.items():
            assert name == "confermo" or form_of(page)[name] == value
        assert changes.read(project, DID_FILE) == before


async def test_a_new_source_and_a_hostile_text_are_written_as_text(teachers: SignIn, project: Path) -> None:
    sara = await teachers("sara", "supervisore")
    fields = form_of(await sara.page(DID))
    where = "Vai al centro: porta la carta. # non è un commento"
    source = {
        "fonte": "Circolare: \"una\" & 'due' <b>",
        "fonte-indirizzo": "https://example.org/?a=1&b=2",
        "fonte-data": "2026-03",
    }
    await confirmed(sara, DID, fields | {"where": where, "how": "Primo - passo\r\n\r\n- intent: x\r\n&a *b", **source})
    service = load_knowledge(project / FOLDER).services["did"]
    assert service.aspects.where == where
    assert service.aspects.how == ("Primo - passo", "- intent: x", "&a *b")
    assert (service.sources[-1].title, service.sources[-1].date) == (source["fonte"], "2026-03")


async def test_files_that_changed_meanwhile_are_shown_again(teachers: SignIn, project: Path) -> None:
    sara = await teachers("sara", "supervisore")
    fields = form_of(await sara.page(DID))
    status, page = await sent(sara, DID, fields | {"owner": "Ufficio DID"})
    path = project / DID_FILE
    path.write_text(path.read_text(encoding="utf-8").replace("Stampa o salva", "Salva o stampa"), encoding="utf-8")
    status, page = await sent(sara, DID, form_of(page))
    # The form still has the other words: they would be put back, and the diff says so.
    assert status in (409, 422), page[:2000]
    assert "Stampa o salva" in page


async def test_hours_and_telephone_of_a_centre(teachers: SignIn, query: Query, project: Path) -> None:
    sara = await teachers("sara", "supervisore", centres=("torino-sud",))
    path = "/conoscenze/centri/torino-sud"
    before = changes.read(project, CENTRES_FILE)
    fields = form_of(await sara.page(path))
    told = {"phone": "011 0000000", "hours": "Apre dal lunedì al venerdì dalle 9 alle 12.", "as_of": "2026-03-02"}
    assert (await sent(sara, path, fields | told))[0] == 422
    await confirmed(sara, path, fields | told | {"fonte": "Comunicazione della sede", "fonte-data": "2026-03-02"})
    after = changes.read(project, CENTRES_FILE)
    assert len(lines_changed(before, after)) < 25
    centre = load_knowledge(project / FOLDER).centres["torino-sud"]
    assert centre.phone == "011 0000000" and centre.verified["phone"] and centre.verified["opening_hours"]
    assert "dalle 9 alle 12" in hours(centre).text
    # Unknown again.
    fields = form_of(await sara.page(path))
    await confirmed(sara, path, fields | {"phone": "", "hours": "", "confermo": "1"})
    centre = load_knowledge(project / FOLDER).centres["torino-sud"]
    assert centre.phone is None and not centre.verified["phone"] and "non conosco gli orari" in hours(centre).text


NO_CONTACTS = [({"phone": "chiama Mario"}, "phone"), ({"email": "mario"}, "email"), ({"pec": "a@b"}, "pec")]


async def test_a_contact_that_is_none_is_refused_at_its_field(teachers: SignIn, project: Path) -> None:
    sara = await teachers("sara", "supervisore")
    path = "/conoscenze/centri/chieri"
    for change, field in NO_CONTACTS:
        status, page = await sent(sara, path, form_of(await sara.page(path)) | change | {"confermo": "1"})
        assert status == 422 and f'href="#{field}"' in page, field


async def test_centres_of_others_are_not_seen_and_operators_change_nothing(teachers: SignIn, project: Path) -> None:
    sara = await teachers("sara", "supervisore", centres=("chieri",))
    anna = await teachers("anna")
    await sara.page("/conoscenze/centri/torino-sud", status=404)
    assert (await sara.post("/conoscenze/centri/torino-sud", {"phone": "1"})).status == 404
    for path in (DID, "/conoscenze/centri/torino-sud", "/conoscenze/luoghi"):
        assert 'id="modulo"' not in await anna.page(path)
        assert (await anna.post(path, {})).status == 403
    assert (await anna.get("/conoscenze/nuovo")).status == 403
    assert "torino-sud" not in await sara.page("/conoscenze/centri") and "chieri" in await sara.page(
        "/conoscenze/centri"
    )
    assert "torino-sud" not in await sara.page("/conoscenze/scadute")


# --- a new topic ------------------------------------------------------------------------------------------------------

NEW = {
    "title": "Patentino del muletto",
    "answer": "Il corso per il muletto lo fanno gli enti accreditati. Noi ti diciamo quali sono e quando partono.",
    "who": "Chi ha almeno 18 anni.",
    "how": "Prenota un incontro al centro.\r\nScegli il corso con noi.",
    "documents": "carta d'identità",
    "as_of": "2026-03",
    "review_by": "2027-03-31",
    "owner": "Ufficio formazione",
    "fonte": "Accordo Stato-Regioni 2012",
    "fonte-data": "2012-02-22",
    "related-0": "formazione",
    "examples": "\r\n".join(
        f"vorrei il patentino del muletto {words}"
        for words in "subito gratis online serale oggi presto poi qui".split()
    ),
}


async def test_a_topic_is_made_with_its_answer_and_examples(teachers: SignIn, query: Query, project: Path) -> None:
    sara = await teachers("sara", "supervisore")
    fields = form_of(await sara.page("/conoscenze/nuovo")) | NEW
    page = await confirmed(sara, "/conoscenze/nuovo", fields)
    assert page.count("file nuovo") == 3
    knowledge = load_knowledge(project / FOLDER)
    service = knowledge.services["patentino-del-muletto"]
    assert (service.owner, service.review_by, service.related) == (
        "Ufficio formazione",
        date(2027, 3, 31),
        ("formazione",),
    )
    assert service.sources[0].title == "Accordo Stato-Regioni 2012"
    responses = changes.read(project, "nlu_data/responses.yml") or ""
    assert (
        "  utter_faq/patentino-del-muletto: [{custom: {topic: patentino-del-muletto}}]\n  utter_faq/patto-" in responses
    )
    assert {case.intent for case in read_cases(project)} == {"faq/patentino-del-muletto"} and len(
        read_cases(project)
    ) == 8
    # It can be taught more, and it is found by its words at once.
    assert "Patentino del muletto" in await sara.page("/conoscenze")
    assert query("SELECT kind, intent FROM lessons") == [("topic", "faq/patentino-del-muletto")]
    # And goes as it came.
    [(lesson,)] = query("SELECT id FROM lessons")
    shown = await (await sara.post(f"/lezioni/{lesson}/annulla")).text()
    [digest] = re.findall(r'name="mostrato" value="(\w+)"', shown)
    assert (await sara.post(f"/lezioni/{lesson}/annulla", {"mostrato": digest})).status == 303
    assert "patentino-del-muletto" not in load_knowledge(project / FOLDER).services
    assert not (project / "nlu_data/faq/patentino-del-muletto.yml").exists()


async def test_rasa_reads_what_was_made(teachers: SignIn, project: Path) -> None:
    from rasa.shared.importers.rasa import RasaFileImporter

    sara = await teachers("sara", "supervisore")
    await confirmed(sara, "/conoscenze/nuovo", form_of(await sara.page("/conoscenze/nuovo")) | NEW)
    from bot.settings import ROOT

    importer = RasaFileImporter(str(ROOT / "config.yml"), str(ROOT / "domain.yml"), [str(project / "nlu_data")])
    found = [
        one for one in importer.get_nlu_data().intent_examples if one.get_full_intent() == "faq/patentino-del-muletto"
    ]
    assert [one.get("text") for one in found] == NEW["examples"].split("\r\n")
    assert not any(one.get("entities") for one in found)


WRONG_TOPICS = [
    ({"fonte": "", "fonte-data": ""}, "Senza una fonte"),
    ({"review_by": ""}, "ricontrollato"),
    ({"owner": ""}, "chi se ne occupa"),
    ({"answer": ""}, "la risposta"),
    ({"title": "Iscriversi: la DID"}, "patentino|"),
    ({"title": "DID"}, "C'è già un argomento"),
    ({"title": "../../etc"}, "patentino|"),
    ({"examples": "una\r\ndue parole\r\ntre parole belle"}, "almeno 8 frasi"),
    ({"examples": NEW["examples"] + "\r\ndid online"}, "già un esempio"),
    ({"examples": NEW["examples"] + "\r\nchiamami al 333 1234567"}, "dato personale"),
    ({"audience": "tutti"}, "audience"),
    ({"related-0": "inventato"}, "inventato"),
]


async def test_a_topic_that_breaks_a_rule_is_refused(teachers: SignIn, project: Path) -> None:
    sara = await teachers("sara", "supervisore")
    for change, told in WRONG_TOPICS:
        status, page = await sent(
            sara, "/conoscenze/nuovo", form_of(await sara.page("/conoscenze/nuovo")) | NEW | change
        )
        if told == "patentino|":
            # A name of its own, inside the folder.
            assert status == 200 and all(
                re.fullmatch(
                    r"(bot/knowledge/data/services|nlu_data/faq)/[a-z0-9-]+\.yml|nlu_data/(responses\.yml|regression\.jsonl)",
                    name,
                )
                for name in re.findall(r'aria-label="File ([^"]+)"', page)
            )
            continue
        assert status == 422 and told in html.unescape(page), page[:3000]


# --- names of places --------------------------------------------------------------------------------------------------


async def test_a_name_of_a_place_is_added(teachers: SignIn, project: Path) -> None:
    sara = await teachers("sara", "supervisore")
    path, before = "/conoscenze/luoghi", changes.read(project, "bot/knowledge/data/places.yml")
    fields = {"csrf": await sara.token(), "nome": "Acquilandia", "comune": "Acqui Terme", "genere": "short_names"}
    await confirmed(sara, path, fields)
    after = changes.read(project, "bot/knowledge/data/places.yml")
    assert lines_changed(before, after) == ["-  Acqui Terme: [Acqui]", "+  Acqui Terme: [Acqui, Acquilandia]"]


DECEIVING = [
        ("lavoro", "Asti", "parola di tutti i giorni"), ("Cuneo", "Asti", "già il nome di un comune"),
        ("Acqui", "Acqui Terme", "vale già"), ("x", "Asti", "da 2 a 50"), ("Borgo [x]", "Asti", "da 2 a 50"),
        ("Borgo Finto", "Milano", "comune del Piemonte"),
    ]  # fmt: skip


async def test_a_name_that_would_deceive_is_refused(teachers: SignIn, project: Path) -> None:
    sara = await teachers("sara", "supervisore")
    for name, town, told in DECEIVING:
        fields = {"csrf": await sara.token(), "nome": name, "comune": town, "genere": "short_names"}
        status, page = await sent(sara, "/conoscenze/luoghi", fields)
        assert status == 422 and told in page, told


# --- facts past their day ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "review_by", "stale"),
    [
        ("2020", None, True), ("2026-02", None, False), (None, None, True),
        ("2020", date(2026, 3, 2), False), ("2026-02", date(2026, 3, 1), True), (None, date(2026, 3, 2), False),
    ],
)  # fmt: skip
def test_the_day_of_review_decides_when_there_is_one(as_of: str | None, review_by: date | None, stale: bool) -> None:
    assert is_stale(as_of, today=date(2026, 3, 2), max_age_days=540, review_by=review_by) is stale


async def test_stale_facts_are_listed_with_their_owner_and_go_when_looked_after(
    teachers: SignIn, project: Path, configure: Callable[..., None]
) -> None:
    sara = await teachers("sara", "supervisore")
    fields = form_of(await sara.page(DID))
    await confirmed(sara, DID, fields | {"owner": "Ufficio DID", "review_by": "2026-01-31"})
    page = await sara.page("/conoscenze/scadute?genere=argomenti&chi=Ufficio DID")
    assert "da rivedere entro il 31 gennaio 2026" in page and "1 voce" in page
    assert "da rivedere entro il 31 gennaio 2026" not in await sara.page("/conoscenze/scadute?chi=nessuno")
    assert "1 voce" not in await sara.page("/conoscenze/scadute?problema=manca&genere=centri")
    knowledge = load_knowledge(project / FOLDER)
    said = answer_topic(knowledge, "did", aspect=None, today=date(2026, 2, 1)).text
    assert "chiedi conferma" in said
    assert "chiedi conferma" not in answer_topic(knowledge, "did", aspect=None, today=date(2026, 1, 31)).text
    fields = form_of(await sara.page(DID))
    await confirmed(sara, DID, fields | {"as_of": "2026-11", "review_by": "2099-01-31"})
    found = findings(load_knowledge(project / FOLDER), today=date(2026, 11, 22), max_age_days=540)
    assert not any(one.where == "servizio did" and one.kind == "vecchio" for one in found)
