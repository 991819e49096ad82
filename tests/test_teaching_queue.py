"""The review queue: what comes into it, how it is put together, who sees it, what comes back."""

import json
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Query
from console_support import SignIn
from console_talks import Talk
from teaching_support import fields_of, form_of, missed, row_of, rows, send

from bot.teaching import changes
from bot.teaching.regression import FILE, read_cases
from console.teaching import queue_page

NEW = "mi hanno lasciato a casa dalla fabbrica di cioccolato"


# --- what comes in ----------------------------------------------------------------------------------------------------


async def test_fifty_of_the_same_are_one_row(teachers: SignIn, query: Query) -> None:
    for number in range(50):
        await missed(query, NEW.upper() if number % 2 else f"Buongiorno, {NEW}!")
    await missed(query, "vorrei adottare un gatto")
    page = await (await teachers()).page("/da-rivedere")
    assert len(rows(page)) == 2
    assert "50 messaggi" in page
    assert page.index("lasciato a casa") < page.index("adottare")


@pytest.mark.parametrize(
    ("follow", "reason"),
    [
        ([("non hai capito niente", "complaint")], "protestato"),
        ([("no, non è quello che ho chiesto", "deny")], "protestato"),
        ([("voglio una persona", "talk_to_operator")], "chiesto una persona"),
    ],
)
async def test_what_is_followed_by_a_protest_comes_in(
    teachers: SignIn, query: Query, follow: list[tuple[str, str]], reason: str
) -> None:
    talk = Talk(query)
    talk.said("quanto dura la patente del muletto", "faq/did", confidence=0.99)
    for said, intent in follow:
        talk.said(said, intent, confidence=0.99)
    await talk.ready()
    page = await (await teachers()).page("/da-rivedere")
    assert "patente del muletto" in page and f"subito dopo ha {reason}" in page
    assert len(rows(page)) == 1


async def test_what_was_understood_stays_out(teachers: SignIn, query: Query) -> None:
    talk = Talk(query)
    talk.said("vorrei la did", "faq/did", confidence=0.98)
    talk.said("che tempo fa domani", "out_of_scope", confidence=0.95, fallback=True)
    talk.said("ok", "affirm", confidence=0.9)
    await talk.ready()
    assert "Niente da rivedere" in await (await teachers()).page("/da-rivedere")


async def test_thumbs_down_brings_in_what_was_asked_last(teachers: SignIn, query: Query) -> None:
    talk = Talk(query)
    talk.said("vorrei la did", "faq/did", confidence=0.98)
    talk.said("grazie", "thanks", confidence=0.98)
    query("INSERT INTO feedback (conversation_id, rating) VALUES (%s, 'down')", talk.id)
    await talk.ready()
    page = await (await teachers()).page("/da-rivedere")
    assert "«vorrei la did»" in page and "non utile" in page


async def test_a_request_for_a_person_right_after_brings_it_in(teachers: SignIn, query: Query) -> None:
    talk = Talk(query)
    talk.said("come funziona la carta blu", "faq/stranieri", confidence=0.9)
    query(
        "INSERT INTO handoffs (id, conversation_id, state, reason, requested_at) "
        "VALUES (gen_random_uuid(), %s, 'waiting', 'asked', %s)", talk.id, talk.at + timedelta(seconds=30),
    )  # fmt: skip
    await talk.ready()
    assert "carta blu" in await (await teachers()).page("/da-rivedere")


async def test_words_inside_a_talk_about_an_appointment_stay_out(teachers: SignIn, query: Query) -> None:
    talk = Talk(query)
    message = talk.said("boh forse venerdì", "inform", confidence=0.3, fallback=True)
    query("UPDATE parses SET actions = '{appointment_form}' WHERE message_id = %s", message)
    await talk.ready()
    assert rows(await (await teachers()).page("/da-rivedere")) == []


async def test_what_is_sealed_old_or_a_button_stays_out(teachers: SignIn, query: Query) -> None:
    talk = await missed(query, "tessera sanitaria smarrita")
    query("UPDATE messages SET created_at = now() - interval '70 days'")
    query("UPDATE parses SET created_at = now() - interval '70 days'")
    talk.said("(nome e cognome)", "inform", confidence=0.2, fallback=True, sealed="Mario Rossi")
    button = talk.said("Sì", "affirm", confidence=0.2, fallback=True)
    query("UPDATE messages SET payload = '/affirm' WHERE id = %s", button)
    assert rows(await (await teachers()).page("/da-rivedere")) == []


async def test_an_operator_flags_a_message_and_takes_it_back(teachers: SignIn, query: Query) -> None:
    talk = Talk(query)
    message = talk.said("vorrei la did per mio cugino", "faq/did", confidence=0.99)
    await talk.ready()
    anna = await teachers()
    path = f"/conversazioni/{talk.id}/segnala/{message}"
    assert "Capito male: segnala" in await anna.page(f"/conversazioni/{talk.id}")
    assert (await anna.post(path)).status == 303
    assert "segnalato da Anna Prova" in await anna.page(f"/conversazioni/{talk.id}")
    assert "segnalato da un operatore" in await anna.page("/da-rivedere")
    assert (await anna.post(f"{path}/togli")).status == 303
    assert "Niente da rivedere" in await anna.page("/da-rivedere")
    assert [action for (action,) in query("SELECT action FROM console_audit WHERE action ~ '^segnal' ORDER BY seq")] == [
        "segnalato da rivedere", "segnalazione tolta",
    ]  # fmt: skip


# --- privacy, centres, roles ------------------------------------------------------------------------------------------


async def test_personal_data_are_masked_and_tricks_harmless(teachers: SignIn, query: Query) -> None:
    await missed(query, "<b>sono</b> \u202emi chiamo Mario Rossi, chiamatemi al 333 1234567 per la fabbrica")
    anna = await teachers()
    row = await row_of(anna)
    for page in (await anna.page("/da-rivedere"), await anna.page(f"/da-rivedere/{row}?argomento=faq/did")):
        assert "Mario" not in page and "1234567" not in page and "<b>" not in page and "\u202e" not in page
        assert "[telefono]" in page
    assert query("SELECT action, subject FROM console_audit WHERE subject = %s", f"review:{row}") == [
        ("lettura", f"review:{row}")
    ]


async def test_rows_of_other_centres_are_not_there(teachers: SignIn, query: Query) -> None:
    await missed(query, NEW, entities=[{"entity": "centre", "value": "chieri"}])
    anna = await teachers("anna", "supervisore", centres=("torino-nord",))
    bruno = await teachers("bruno", "supervisore", centres=("chieri",))
    row = await row_of(bruno)
    assert rows(await anna.page("/da-rivedere")) == []
    await anna.page(f"/da-rivedere/{row}", status=404)
    for what in ("da-parte", "riprendi", "proponi", "dividi", "insegna"):
        assert (await anna.post(f"/da-rivedere/{row}/{what}", {"argomento": "faq/did"})).status == 404, what


async def test_what_is_erased_leaves_the_queue(teachers: SignIn, query: Query) -> None:
    talk = await missed(query, NEW)
    anna = await teachers()
    row = await row_of(anna)
    query("DELETE FROM conversations WHERE id = %s", talk.id)
    await anna.page(f"/da-rivedere/{row}", status=404)
    assert rows(await anna.page("/da-rivedere")) == []
    assert query("SELECT count(*) FROM review_clusters") == [(0,)]


# --- deciding ---------------------------------------------------------------------------------------------------------


async def test_what_was_set_aside_does_not_come_back_until_it_is_taken_up_again(teachers: SignIn, query: Query) -> None:
    await missed(query, "vorrei adottare un gatto")
    anna = await teachers()
    row = await row_of(anna)
    assert (await anna.post(f"/da-rivedere/{row}/da-parte")).status == 303
    await missed(query, "Vorrei adottare un gatto!")
    assert rows(await anna.page("/da-rivedere")) == []
    assert "2 messaggi" in await anna.page("/da-rivedere?vista=da-parte")
    assert (await anna.post(f"/da-rivedere/{row}/da-parte")).status == 409
    assert (await anna.post(f"/da-rivedere/{row}/riprendi")).status == 303
    assert rows(await anna.page("/da-rivedere")) == [row]


async def test_an_operator_proposes_and_a_supervisor_sees_it(teachers: SignIn, query: Query) -> None:
    await missed(query, NEW)
    anna, sara = await teachers(), await teachers("sara", "supervisore")
    row = await row_of(anna)
    assert "Agli esempi aggiunge un supervisore" in await anna.page(f"/da-rivedere/{row}?argomento=faq/over50")
    assert (await anna.post(f"/da-rivedere/{row}/insegna", {"argomento": "faq/over50"})).status == 403
    assert (await anna.post(f"/da-rivedere/{row}/proponi", {"argomento": "faq/over50"})).status == 303
    assert (await anna.post(f"/da-rivedere/{row}/proponi", {"argomento": "inventato"})).status == 422
    assert "Anna Prova propone: <strong>" in await sara.page("/da-rivedere")


async def test_messages_that_ask_something_else_get_a_row_of_their_own(teachers: SignIn, query: Query) -> None:
    await missed(query, NEW, f"{NEW} e pago il mutuo")
    anna = await teachers()
    row = await row_of(anna)
    page = await anna.page(f"/da-rivedere/{row}")
    ids = re.findall(r'name="messaggio" value="([^"]+)"', page)
    assert len(ids) == 2
    assert (await anna.post(f"/da-rivedere/{row}/dividi", {"messaggio": "x"})).status == 422
    answer = await anna.post(f"/da-rivedere/{row}/dividi", {"messaggio": ids[0]})
    assert answer.status == 303
    assert len(rows(await anna.page("/da-rivedere"))) == 2


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
    await missed(query, NEW)
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)
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
    await missed(query, NEW)
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)
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
    await missed(query, NEW)
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)
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
    await missed(query, NEW)
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)
    page = await sara.page(f"/da-rivedere/{row}?argomento=faq/did")
    location = (await send(sara, f"/da-rivedere/{row}/insegna", fields_of(page)))[1].split("?")[0]
    path = project / "nlu_data/faq/did.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(NEW, "tutta un'altra frase"), encoding="utf-8")
    answer = await sara.post(f"{location}/annulla")
    assert answer.status == 409 and "proprio in quel punto" in await answer.text()


async def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(
    teachers: SignIn, query: Query, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await missed(query, NEW)
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)
    page = await sara.page(f"/da-rivedere/{row}?argomento=faq/did")

    def refuse(*args: object, **more: object) -> None:
        raise PermissionError(13, "Permesso negato")

    monkeypatch.setattr(changes.tempfile, "mkstemp", refuse)
    status, _, text = await send(sara, f"/da-rivedere/{row}/insegna", fields_of(page))
    assert status == 507 and "Non posso scrivere in" in text and "Non abbiamo cambiato niente" in text
    assert query("SELECT count(*) FROM lessons") == [(0,)] and rows(await sara.page("/da-rivedere")) == [row]


async def test_when_the_rows_cannot_be_kept_the_files_go_back(teachers: SignIn, query: Query, project: Path) -> None:
    await missed(query, NEW)
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)
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
    await missed(query, NEW)
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)
    assert "Aggiungi agli esempi di «Iscriversi: la DID»" in await sara.page(
        f"/da-rivedere/{row}?argomento=iscriversi: la did"
    )
    assert "Aggiungi agli esempi di «Iscriversi: la DID»" in await sara.page(f"/da-rivedere/{row}?argomento=iscriversi")
    several = await sara.page(f"/da-rivedere/{row}?argomento=lavoro")
    assert "può essere:" in several and several.count("?argomento=") > 4
    assert "Nessun argomento con le parole" in await sara.page(f"/da-rivedere/{row}?argomento=qwerty")


# --- the regression set, the patch ------------------------------------------------------------------------------------


async def test_a_case_is_taken_out_of_the_regression_set(teachers: SignIn, query: Query, project: Path) -> None:
    await missed(query, NEW)
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)
    page = await sara.page(f"/da-rivedere/{row}?argomento=faq/did")
    assert (await send(sara, f"/da-rivedere/{row}/insegna", fields_of(page)))[0] == 303
    listed = await sara.page("/prove?cerca=cioccolato+did")
    assert NEW in listed and "1 prova" in listed
    assert "0 prove" in await sara.page("/prove?cerca=zzz")
    [case] = re.findall(r'action="(/prove/\w+/togli)"', listed)
    shown = await (await sara.post(case)).text()
    found = dict(re.findall(r'name="(mostrato|modulo)" value="(\w+)"', shown))
    answer = await sara.post(case, found)
    assert answer.status == 303, await answer.text()
    assert changes.read(project, FILE) == ""
    assert (await sara.post(case, found)).status == 404
    assert query("SELECT kind FROM lessons ORDER BY taught_at") == [("examples",), ("regression",)]


async def test_the_changes_are_downloaded_as_a_patch(teachers: SignIn, query: Query, project: Path) -> None:
    await missed(query, NEW)
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)

    def run(*command: str, given: str = "") -> None:
        subprocess.run(command, input=given.encode(), cwd=project, check=True, capture_output=True)

    page = await sara.page(f"/da-rivedere/{row}?argomento=faq/did")
    assert (await send(sara, f"/da-rivedere/{row}/insegna", fields_of(page)))[0] == 303
    by_lessons = await (await sara.get("/lezioni/modifiche.patch")).text()
    assert "non è sotto git" in await sara.page("/lezioni")
    taught = {name: changes.read(project, name) for name in ("nlu_data/faq/did.yml", FILE)}
    run("patch", "-R", "-p1", given=by_lessons)
    run("git", "init", "-q")
    run("git", "add", ".")
    run("git", "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x")
    assert "Tutto quello che è stato insegnato è nell" in await sara.page("/lezioni")
    run("patch", "-p1", given=by_lessons)
    assert "nlu_data/regression.jsonl" in await sara.page("/lezioni")
    by_git = await (await sara.get("/lezioni/modifiche.patch")).text()
    run("git", "-c", "user.name=x", "-c", "user.email=x@example.org", "stash", "-qu")
    run("git", "apply", "-", given=by_git)
    assert taught == {name: changes.read(project, name) for name in taught}


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
    await missed(query, NEW)
    sara = await teachers("sara", "supervisore")
    row = await row_of(sara)
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
