"""The review queue: what comes into it, how it is put together, who sees it, what comes back."""

import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Query
from console_support import SignIn
from console_talks import Talk
from teaching_support import fields_of, missed, row_of, rows, send

from bot.teaching import changes
from bot.teaching.regression import FILE

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
