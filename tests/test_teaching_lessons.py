"""Teaching from the queue: sentences that are taken or refused, lessons taken back, files in disorder."""

import json
import re
from pathlib import Path

import pytest
from conftest import Query
from console_support import Desk, SignIn
from teaching_support import fields_of, form_of, missed, row_of, rows, send

from bot.teaching import changes
from bot.teaching.regression import FILE, read_cases
from console.teaching import queue_page

NEW = "mi hanno lasciato a casa dalla fabbrica di cioccolato"


async def at_the_row(teachers: SignIn, query: Query) -> tuple[Desk, str]:
    """A supervisor, and the row of a message that was not understood."""
    await missed(query, NEW)
    sara = await teachers("sara", "supervisore")
    return sara, await row_of(sara)


# --- teaching ---------------------------------------------------------------------------------------------------------


async def test_three_gestures_from_the_queue_to_the_training(teachers: SignIn, query: Query, project: Path) -> None:
    for _ in range(3):
        await missed(query, NEW, f"{NEW} ieri")
    sara = await teachers("sara", "supervisore")
    queue = await sara.page("/da-rivedere")
    [row] = rows(queue)
    # One: the topic, from the row itself.
    [address] = re.findall(rf'href="(/da-rivedere/{row}\?argomento=faq/did)"', queue)
    page = await sara.page(address)
    assert f"aggiunta: </span><ins>    - {NEW}</ins>" in page
    before = changes.read(project, "nlu_data/faq/did.yml")
    # Two: yes.
    status, location, text = await send(sara, f"/da-rivedere/{row}/insegna", fields_of(page))
    assert status == 303, text
    after = changes.read(project, "nlu_data/faq/did.yml")
    assert before and after == f"{before}    - {NEW}\n    - {NEW} ieri\n"
    cases = [json.loads(line) for line in (changes.read(project, FILE) or "").splitlines()]
    assert [(case["text"], case["intent"]) for case in cases] == [(NEW, "faq/did"), (f"{NEW} ieri", "faq/did")]
    # Three is the button of the lesson's page.
    lesson = await sara.page(location)
    assert "2 frasi per «Iscriversi: la DID»" in lesson and "Torna a Da rivedere" in lesson
    assert rows(await sara.page("/da-rivedere")) == []
    assert query("SELECT author, files FROM lessons") == [("Sara Prova", ["nlu_data/faq/did.yml", FILE])]
    assert query("SELECT count(*) FROM console_audit WHERE action = 'insegnamento'") == [(1,)]


async def test_what_was_taught_comes_back_only_when_a_later_model_does_not_understand_it(
    teachers: SignIn, query: Query, project: Path
) -> None:
    sara, row = await at_the_row(teachers, query)
    page = await sara.page(f"/da-rivedere/{row}?argomento=faq/did")
    assert (await send(sara, f"/da-rivedere/{row}/insegna", fields_of(page)))[0] == 303
    await missed(query, NEW.upper())
    assert rows(await sara.page("/da-rivedere")) == []
    await missed(query, NEW)
    query("UPDATE parses SET model = 'later' WHERE created_at = (SELECT max(created_at) FROM parses)")
    back = rows(await sara.page("/da-rivedere"))
    assert len(back) == 1 and back != [row]
    await missed(query, NEW)
    query("UPDATE parses SET model = 'later' WHERE created_at = (SELECT max(created_at) FROM parses)")
    assert rows(await sara.page("/da-rivedere")) == back


REFUSED = [
    ("mi chiamo Mario Rossi e ho perso il lavoro", "dato personale"),
    ("chiamatemi al [telefono]", "al posto di un dato personale"),
    ("ho perso il [lavoro](service)", "segno"),
    ("did online", "già un esempio di «Iscriversi: la DID»"),
    ("come faccio ad iscrivermi al collocamento", "misuriamo il modello"),
    ("x" * 400, "al massimo 300"),
]


async def test_sentences_that_cannot_be_taught_are_refused_with_the_reason(
    teachers: SignIn, query: Query, project: Path
) -> None:
    sara, row = await at_the_row(teachers, query)
    path = f"/da-rivedere/{row}/insegna"
    fields = dict(fields_of(await sara.page(f"/da-rivedere/{row}?argomento=faq/adi")))
    before = changes.read(project, "nlu_data/faq/adi.yml")
    for sentence, told in REFUSED:
        status, _, text = await send(sara, path, list((fields | {"altre": sentence}).items()))
        assert status == 422 and told in text, told
    assert changes.read(project, "nlu_data/faq/adi.yml") == before
    assert query("SELECT count(*) FROM lessons") == [(0,)]
    # Another form than the one shown: the new diff is shown first.
    sentence = "chi è nel nucleo con due minori"
    status, _, text = await send(sara, path, list((fields | {"altre": sentence}).items()))
    assert status == 200 and "Hai cambiato qualcosa" in text and f"- {sentence}" in text
    assert (await send(sara, path, fields_of(text)))[0] == 303
    assert f"    - {sentence}\n" in (changes.read(project, "nlu_data/faq/adi.yml") or "")


async def test_two_operators_at_once_do_not_overwrite_each_other(teachers: SignIn, query: Query, project: Path) -> None:
    await missed(query, NEW)
    await missed(query, "il forno dove lavoravo ha abbassato la saracinesca")
    sara, ugo = await teachers("sara", "supervisore"), await teachers("ugo", "amministratore")
    first, second = rows(await sara.page("/da-rivedere"))
    pages = [await one.page(f"/da-rivedere/{row}?argomento=faq/did") for one, row in ((sara, first), (ugo, second))]
    assert (await send(sara, f"/da-rivedere/{first}/insegna", fields_of(pages[0])))[0] == 303
    status, _, text = await send(ugo, f"/da-rivedere/{second}/insegna", fields_of(pages[1]))
    assert status == 409 and "Nel frattempo un collega ha cambiato questi file" in text
    assert (await send(ugo, f"/da-rivedere/{second}/insegna", fields_of(text)))[0] == 303
    taught = changes.read(project, "nlu_data/faq/did.yml") or ""
    assert NEW in taught and "saracinesca" in taught
    # The same row twice: it is told that it is done.
    status, _, text = await send(sara, f"/da-rivedere/{first}/insegna", fields_of(pages[0]))
    assert status == 422 and "ha già deciso" in text


async def test_a_lesson_is_taken_back_and_its_row_is_to_do_again(teachers: SignIn, query: Query, project: Path) -> None:
    sara, row = await at_the_row(teachers, query)
    before = changes.read(project, "nlu_data/faq/did.yml")
    page = await sara.page(f"/da-rivedere/{row}?argomento=faq/did")
    location = (await send(sara, f"/da-rivedere/{row}/insegna", fields_of(page)))[1].split("?")[0]
    shown = await (await sara.post(f"{location}/annulla")).text()
    assert "tolta: " in shown and changes.read(project, "nlu_data/faq/did.yml") != before
    [digest] = re.findall(r'name="mostrato" value="(\w+)"', shown)
    assert (await sara.post(f"{location}/annulla", {"mostrato": digest})).status == 303
    assert changes.read(project, "nlu_data/faq/did.yml") == before
    assert changes.read(project, FILE) is None
    assert rows(await sara.page("/da-rivedere")) == [row]
    assert "annullata" in await sara.page("/lezioni")
    assert (await sara.post(f"{location}/annulla", {"mostrato": digest})).status == 409


async def test_a_lesson_others_built_upon_is_not_taken_back_by_force(
    teachers: SignIn, query: Query, project: Path
) -> None:
    sara, row = await at_the_row(teachers, query)
    page = await sara.page(f"/da-rivedere/{row}?argomento=faq/did")
    location = (await send(sara, f"/da-rivedere/{row}/insegna", fields_of(page)))[1].split("?")[0]
    path = project / "nlu_data/faq/did.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(NEW, "tutta un'altra frase"), encoding="utf-8")
    answer = await sara.post(f"{location}/annulla")
    assert answer.status == 409 and "proprio in quel punto" in await answer.text()


async def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(
    teachers: SignIn, query: Query, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sara, row = await at_the_row(teachers, query)
    page = await sara.page(f"/da-rivedere/{row}?argomento=faq/did")

    def refuse(*args: object, **more: object) -> None:
        raise PermissionError(13, "Permesso negato")

    monkeypatch.setattr(changes.tempfile, "mkstemp", refuse)
    status, _, text = await send(sara, f"/da-rivedere/{row}/insegna", fields_of(page))
    assert status == 507 and "Non posso scrivere in" in text and "Non abbiamo cambiato niente" in text
    assert query("SELECT count(*) FROM lessons") == [(0,)] and rows(await sara.page("/da-rivedere")) == [row]


async def test_when_the_rows_cannot_be_kept_the_files_go_back(teachers: SignIn, query: Query, project: Path) -> None:
    sara, row = await at_the_row(teachers, query)
    page = await sara.page(f"/da-rivedere/{row}?argomento=faq/did")
    before = changes.read(project, "nlu_data/faq/did.yml")
    # Checked when the transaction ends, after the files were written.
    query(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no room''; END'; "
        "CREATE CONSTRAINT TRIGGER refused AFTER INSERT ON lessons DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    assert (await send(sara, f"/da-rivedere/{row}/insegna", fields_of(page)))[0] == 500
    assert changes.read(project, "nlu_data/faq/did.yml") == before and changes.read(project, FILE) is None


async def test_an_intent_is_found_by_its_words(teachers: SignIn, query: Query) -> None:
    sara, row = await at_the_row(teachers, query)
    assert "Aggiungi agli esempi di «Iscriversi: la DID»" in await sara.page(
        f"/da-rivedere/{row}?argomento=iscriversi: la did"
    )
    assert "Aggiungi agli esempi di «Iscriversi: la DID»" in await sara.page(f"/da-rivedere/{row}?argomento=iscriversi")
    several = await sara.page(f"/da-rivedere/{row}?argomento=lavoro")
    assert "può essere:" in several and several.count("?argomento=") > 4
    assert "Nessun argomento con le parole" in await sara.page(f"/da-rivedere/{row}?argomento=qwerty")


# --- what is recognised in a sentence ---------------------------------------------------------------------------------


async def test_a_place_that_was_not_recognised_becomes_a_case_that_shows_it(
    teachers: SignIn, query: Query, project: Path
) -> None:
    await missed(query, "abito al Villaggio Snia, dove devo andare?")
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)
    path = f"/da-rivedere/{row}/riconosciuto"
    assert "riconosce:</strong> niente" in await sara.page(path)
    fields = form_of(await sara.page(path)) | {"argomento": "Cerca il centro", "municipality": "Collegno"}
    for wrong, told in (({"municipality": "Atlantide"}, "Scegli il comune"), ({"municipality": ""}, "almeno una cosa")):
        status, _, text = await send(sara, path, list((fields | wrong).items()))
        assert status == 422 and told in text
    status, _, text = await send(sara, path, list(fields.items()))
    assert status == 200 and "comune Collegno" in text
    assert (await send(sara, path, list(form_of(text).items())))[0] == 303
    [case] = read_cases(project)
    assert (case.intent, case.entities) == ("find_centre", (("municipality", "Collegno"),))
    assert "adesso non lo riconosce" in await sara.page("/prove")
    assert rows(await sara.page("/da-rivedere")) == []


async def test_a_day_is_judged_as_of_the_day_it_was_said_on(teachers: SignIn, query: Query, project: Path) -> None:
    await missed(query, "a Chieri va bene martedì prossimo?")
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)
    path = f"/da-rivedere/{row}/riconosciuto"
    page = await sara.page(path)
    [day] = re.findall(r"giorno (\d{4}-\d{2}-\d{2})", page)
    fields = form_of(page) | {"argomento": "Prenota", "date": day, "municipality": "Chieri"}
    text = (await send(sara, path, list(fields.items())))[2]
    assert (await send(sara, path, list(form_of(text).items())))[0] == 303
    [case] = read_cases(project)
    assert case.now is not None and case.entities == (("municipality", "Chieri"), ("date", day))
    assert "adesso non lo riconosce" not in await sara.page("/prove")


async def test_a_new_topic_starts_with_the_sentences_of_its_row(teachers: SignIn, query: Query) -> None:
    await missed(query, NEW, f"{NEW} e mi chiamo Mario Rossi")
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)
    assert form_of(await sara.page(f"/conoscenze/nuovo?riga={row}"))["examples"] == NEW
    assert form_of(await sara.page("/conoscenze/nuovo?riga=altro"))["examples"] == ""


# --- files left in disorder -------------------------------------------------------------------------------------------


DISORDER = [
    ("nlu_data/faq/did.yml", "nlu: ["),
    ("nlu_data/faq/did.yml", "nlu: 7"),
    ("bot/knowledge/data/services/did.yml", "id: did"),
    ("bot/knowledge/data/places.yml", "x: ["),
    ("nlu_data/regression.jsonl", '{"text": "x"}'),
    ("nlu_data/regression.jsonl", "no"),
]


async def test_a_file_in_disorder_is_named_and_nothing_is_taught(teachers: SignIn, query: Query, project: Path) -> None:
    sara, row = await at_the_row(teachers, query)
    shown = fields_of(await sara.page(f"/da-rivedere/{row}?argomento=faq/did"))
    place = [("csrf", await sara.token()), ("nome", "Xylo"), ("comune", "Asti"), ("genere", "hamlets")]
    for name, text in DISORDER:
        order = changes.read(project, name)
        (project / name).write_text(text, encoding="utf-8")
        # None of the pages of examples needs the places; their own does.
        path, fields = (
            ("/conoscenze/luoghi", place) if name.endswith("places.yml") else (f"/da-rivedere/{row}/insegna", shown)
        )
        status, _, page = await send(sara, path, fields)
        assert status == 409 and "da correggere" in page and Path(name).name in page, (name, status, page[-1500:])
        if name.endswith("jsonl"):
            assert "da correggere" in await sara.page("/prove", status=409)
        changes.write(project, [changes.Change(path=name, before=text, after=order)])
    assert (await send(sara, f"/da-rivedere/{row}/insegna", shown))[0] == 303


async def test_the_page_does_not_wait_for_a_long_grouping(
    teachers: SignIn, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    await missed(query, NEW)
    anna = await teachers()
    monkeypatch.setattr(queue_page, "PATIENCE_SECONDS", 0)
    page = await anna.page("/da-rivedere")
    assert "ricarica la pagina fra poco" in page and "Niente da rivedere" not in page
    monkeypatch.setattr(queue_page, "PATIENCE_SECONDS", 60)
    assert len(rows(await anna.page("/da-rivedere"))) == 1
