"""Files that operators send: what is taken, how it reaches the citizen on each channel, who may open it, how it goes.

Longer than most: it follows one file from the form to its erasure.
"""

import io
import json
import zipfile
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientResponse, FormData
from aiohttp.test_utils import TestClient
from conftest import Query
from console_support import Desk, SignIn
from desk_support import ANNA, new_talk, wrote
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram_double import TelegramDouble, Trouble
from test_console_takeover import fields, taken, waits

from bot import clock
from bot.agenda.page_tokens import page_token
from bot.conversations.addresses import conversation_at
from bot.conversations.attachments import PATH, link_to, linked
from bot.conversations.handoff import reply, take
from bot.conversations.model import Reply, Upload
from bot.conversations.promises import leave_question
from bot.conversations.uploads import DOCX, ENDINGS, ODT, TXT, UploadError, checked, clean_name, size_words
from bot.privacy.erasing import erase
from bot.privacy.exporting import as_html, as_json, export
from bot.settings import get_settings
from channels.attachments import disposition
from channels.capabilities import SMS, WHATSAPP
from channels.outbox import Outbox
from channels.render import render
from channels.senders import close_all, create_senders

PDF = b"%PDF-1.7\n" + b"x" * 2000
MOST = 5_000_000


def archive(**entries: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, content in entries.items():
            made.writestr(name.replace("__", "/"), content)
    return held.getvalue()


ODT_FILE = archive(mimetype=ODT.encode(), **{"content.xml": b"<x/>"})
DOCX_FILE = archive(**{"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"})


# --- what is taken ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "kept", "media_type"),
    [
        ("Modulo.PDF", PDF, "Modulo.PDF", "application/pdf"),
        ("foto.jpeg", b"\xff\xd8\xff\xe0" + b"\0" * 50, "foto.jpeg", "image/jpeg"),
        ("foto.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "foto.png", "image/png"),
        ("lettera.odt", ODT_FILE, "lettera.odt", ODT),
        ("lettera.docx", DOCX_FILE, "lettera.docx", DOCX),
        ("nota.txt", "perché sì".encode("cp1252"), "nota.txt", TXT),
        ("senza finale", PDF, "senza finale.pdf", "application/pdf"),
    ],
)
def test_what_is_taken(name: str, content: bytes, kept: str, media_type: str) -> None:
    upload = checked(name, content, most_bytes=MOST)
    assert (upload.name, upload.media_type) == (kept, media_type)
    assert upload.content == ("perché sì".encode() if media_type == TXT else content)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"", "vuoto"),
        ("a.pdf", PDF + b"x" * MOST, "troppo grande: al massimo 5 MB"),
        ("a.exe", PDF, "Vanno bene PDF"),
        ("pagina.html", b"<script>alert(1)</script>", "Vanno bene PDF"),
        ("foto.svg", b"<svg onload='alert(1)'/>", "Vanno bene PDF"),
        ("a.pdf", b"MZ\x90\x00\x03\x00", "finisce in .pdf, ma dentro"),
        ("a.pdf", b"<script>alert(1)</script>", "finisce in .pdf, ma dentro"),
        ("a.txt", b"MZ\x90\x00\x03\x00", "dentro"),
        ("a.docx", PDF, "dentro"),
        (
            "a.docx",
            archive(**{"[Content_Types].xml": b"", "word/document.xml": b"", "word/vbaProject.bin": b""}),
            "dentro",
        ),
        ("a.odt", archive(mimetype=ODT.encode(), Basic__evil=b""), "dentro"),
        ("a.docx", archive(other=b"x"), "dentro"),
        ("a.docx", b"PK\x03\x04 nothing more", "dentro"),
        ("fattura\u202efdp.exe", PDF, "Vanno bene PDF"),
    ],
    ids=lambda value: None if isinstance(value, str) else "content",
)
def test_what_is_refused_is_said(name: str, content: bytes, said: str) -> None:
    with pytest.raises(UploadError, match=said):
        checked(name, content, most_bytes=MOST)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Documenti\\il mio.pdf", "il mio.pdf"),
        ("a\u202egnp.pdf", "agnp.pdf"),
        ('a"\r\nSet-Cookie: x=1.pdf', "a_ Set-Cookie_ x=1.pdf"),
        (".htaccess.txt", "htaccess.txt"),
        ("\u200b\u202e", "documento"),
        ("perche\u0301.pdf", "perché.pdf"),
        ("l" * 300 + ".pdf", "l" * 76 + ".pdf"),
    ],
)
def test_names_are_cleaned(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@settings(max_examples=50)
@given(st.text(max_size=120))
def test_no_name_does_harm(name: str) -> None:
    upload = checked(f"{name}.pdf", PDF, most_bytes=MOST)
    assert 1 <= len(upload.name) <= 80
    assert not set(upload.name) & set('/\\<>:"|?*\r\n\t\0\u202e\u200b')
    assert upload.name.lower().endswith(ENDINGS)
    header = disposition(upload.name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_sizes_in_words() -> None:
    assert [size_words(one) for one in (1, 120_400, 1_000_000, 1_250_000)] == ["1 kB", "120 kB", "1 MB", "1,2 MB"]


# --- from the console to the citizen ----------------------------------------------------------------------------------


async def send(desk: Desk, address: str, form: dict[str, str], name: str, content: bytes) -> ClientResponse:
    """The form as a browser sends it."""
    data = FormData(quote_fields=False)  # as browsers do
    for key, value in ({"csrf": await desk.token()} | form).items():
        data.add_field(key, value)
    data.add_field("allegato", content, filename=name, content_type="application/octet-stream")
    answer = await desk.client.post(address, data=data, allow_redirects=False)
    await answer.read()
    return answer


async def attached(desk: Desk, engine: AsyncEngine, name: str = "Modulo d'iscrizione.pdf") -> UUID:
    """A conversation in which the operator sent a file, twice with the same form."""
    conversation_id = await waits(engine)
    here = f"/attesa/{conversation_id}/rispondi"
    form = fields(await taken(desk, conversation_id), here) | {"testo": "Ecco il modulo."}
    for _ in range(2):
        answer = await send(desk, here, form, name, PDF)
        assert answer.status == 303, await answer.text()
    return conversation_id


async def test_a_file_reaches_the_citizen_once(
    signed_in: SignIn, engine: AsyncEngine, query: Query, edge: TestClient
) -> None:
    anna = await signed_in("anna")
    await attached(anna, engine)
    [(links,)] = query("SELECT links FROM messages WHERE sender = 'operator'")
    [(name, size, sealed)] = query("SELECT name, size, sealed FROM attachments")
    assert (name, size) == ("Modulo d'iscrizione.pdf", len(PDF))
    assert b"%PDF" not in sealed
    [link] = links
    assert link["title"] == "Scarica Modulo d'iscrizione.pdf (2 kB)"
    assert link["url"].startswith(f"{get_settings().public_url}/allegati/")
    answer = await edge.get(urlsplit(link["url"]).path)
    assert answer.status == 200
    assert await answer.read() == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"Modulo d_iscrizione.pdf\"; filename*=UTF-8''Modulo%20d%27iscrizione.pdf"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_another_token_opens_nothing(
    engine: AsyncEngine, query: Query, signed_in: SignIn, edge: TestClient
) -> None:
    await attached(await signed_in("anna"), engine)
    [(attachment_id,)] = query("SELECT id FROM attachments")
    good = urlsplit(link_to(attachment_id, Upload(name="x", media_type="x", content=b"x")).url).path.removeprefix(PATH)
    never = urlsplit(link_to(uuid4(), Upload(name="x", media_type="x", content=b"x")).url).path.removeprefix(PATH)
    others = [
        page_token(attachment_id),
        good[:-2],
        good[:10] + ("B" if good[10] != "B" else "C") + good[11:],
        f"{good}A",
        never,
        "x",
        "",
    ]
    for token in [*others, f"{good}/x"]:
        answer = await edge.get(f"/allegati/{token}")
        text = await answer.text()
        assert answer.status == 404, token
        assert "Questo file non c" in text
        assert 'lang="it"' in text
    assert (await edge.get(f"/appuntamenti/{good}")).status == 404
    assert (await edge.get(f"/allegati/{good}")).status == 200


@pytest.mark.parametrize("edge", [{"ip_rate": 0.01, "ip_burst": 2}], indirect=True)
async def test_who_tries_addresses_out_is_slowed_down(edge: TestClient) -> None:
    answers = [await edge.get("/allegati/abc") for _ in range(3)]
    assert [one.status for one in answers] == [404, 404, 429]
    assert "Retry-After" in answers[2].headers


async def test_refused_files_keep_what_was_written(signed_in: SignIn, engine: AsyncEngine, query: Query) -> None:
    anna = await signed_in("anna")
    conversation_id = await waits(engine)
    here = f"/attesa/{conversation_id}/rispondi"
    form = fields(await taken(anna, conversation_id), here) | {"testo": "ecco il modulo"}
    refused = (
        ("a.exe", b"MZ\0", "Vanno bene PDF"),
        ("a.pdf", b"<b>", "dentro"),
        ("a.pdf", PDF + b"x" * MOST, "5 MB"),
    )
    for name, content, said in refused:
        answer = await send(anna, here, form, name, content)
        text = await answer.text()
        assert answer.status == 422
        assert said in text
        assert ">ecco il modulo</textarea>" in text
    answer = await send(anna, here, form | {"testo": ""}, "a.pdf", PDF)
    assert "Il file va scelto di nuovo." in await answer.text()
    answer = await send(anna, here, form, "a.pdf", PDF + b"x" * 3 * MOST)
    assert answer.status == 413
    assert query("SELECT count(*) FROM attachments") == [(0,)]
    assert query("SELECT count(*) FROM messages WHERE sender = 'operator'") == [(0,)]


async def test_forged_forms_and_large_ones_elsewhere_are_refused(
    signed_in: SignIn, engine: AsyncEngine, query: Query
) -> None:
    anna, marco = await signed_in("anna"), await signed_in("marco")
    conversation_id = await waits(engine)
    here = f"/attesa/{conversation_id}/rispondi"
    form = fields(await taken(anna, conversation_id), here) | {"testo": "ecco"}
    assert (await send(anna, here, form | {"csrf": "0" * 64}, "a.pdf", PDF)).status == 403
    assert (await send(marco, here, form | {"csrf": await marco.token()}, "a.pdf", PDF)).status == 409
    large = await send(anna, f"/attesa/{conversation_id}/chiudi", form, "a.pdf", PDF + b"x" * 2_000_000)
    assert large.status == 413
    assert query("SELECT count(*) FROM attachments") == [(0,)]


# --- in the console ---------------------------------------------------------------------------------------------------


async def test_who_sees_the_conversation_opens_its_file_and_that_is_logged(
    signed_in: SignIn, engine: AsyncEngine, query: Query
) -> None:
    anna = await signed_in("anna")
    conversation_id = await attached(anna, engine, "=cmd|'<b>\u202e.pdf")
    [(attachment_id, links)] = query("SELECT a.id, m.links FROM attachments a JOIN messages m ON m.id = a.message_id")
    address = f"/conversazioni/{conversation_id}/allegati/{attachment_id}"
    for page in (
        f"/conversazioni/{conversation_id}",
        f"/attesa/{conversation_id}",
        f"/conversazioni/{conversation_id}/stampa",
    ):
        text = await anna.page(page)
        assert "<b>" not in text
        assert "(2 kB)" in text
        assert links[0]["url"] not in text, "the citizen's own address would be read without a trace"
    assert f'href="{address}"' in await anna.page(f"/conversazioni/{conversation_id}")
    answer = await anna.get(address)
    assert await answer.read() == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    logged = query("SELECT account, subject, detail FROM console_audit WHERE action = 'allegato letto'")
    assert logged == [("anna", f"conversation:{conversation_id}", {"allegato": str(attachment_id)})]
    other = await new_talk(engine, "ciao")
    assert (await anna.get(f"/conversazioni/{other}/allegati/{attachment_id}")).status == 404
    assert (await anna.get(f"/conversazioni/{conversation_id}/allegati/{uuid4()}")).status == 404
    assert (await anna.get(f"/conversazioni/{conversation_id}/allegati/x")).status == 404


async def test_who_sees_other_centres_only_opens_no_file(signed_in: SignIn, engine: AsyncEngine, query: Query) -> None:
    anna = await signed_in("anna", "supervisore")
    conversation_id = await attached(anna, engine)
    [(attachment_id,)] = query("SELECT id FROM attachments")
    await anna.post(f"/conversazioni/{conversation_id}/scheda", {"centro": "pinerolo", "esito": ""})
    rita = await signed_in("rita", centres=("cuneo",))
    answer = await rita.get(f"/conversazioni/{conversation_id}/allegati/{attachment_id}")
    seen = (await rita.get(f"/conversazioni/{conversation_id}")).status
    assert (answer.status, seen) == (404, 404)
    assert query("SELECT count(*) FROM console_audit WHERE action = 'allegato letto'") == [(0,)]


async def test_a_question_left_is_answered_with_a_file(signed_in: SignIn, engine: AsyncEngine, query: Query) -> None:
    anna = await signed_in("anna")
    conversation_id = await new_talk(engine)
    asked = await wrote(engine, conversation_id, "mi mandate il modulo?")
    async with engine.begin() as connection:
        await leave_question(connection, conversation_id, asked, now=clock.now(), due_at=clock.now())
    [(promise_id,)] = query("SELECT id FROM promises")
    here = f"/domande/{promise_id}"
    assert 'type="file"' in await anna.page(here)
    refused = await send(anna, f"{here}/rispondi", {"testo": "ecco"}, "a.exe", PDF)
    assert refused.status == 422
    assert (await send(anna, f"{here}/rispondi", {"testo": "ecco"}, "modulo.odt", ODT_FILE)).status == 303
    assert query("SELECT name, media_type FROM attachments") == [("modulo.odt", ODT)]


# --- it goes with what it was sent with -------------------------------------------------------------------------------


async def sent(engine: AsyncEngine, conversation_id: UUID, content: bytes = PDF) -> None:
    """The operator answers with a file."""
    upload = checked("Modulo Quondamatteo.pdf", content, most_bytes=MOST)
    async with engine.begin() as connection:
        await take(connection, conversation_id, ANNA)
        said = Reply(text="Ecco il modulo.", attachment=upload)
        await reply(connection, conversation_id, ANNA, said, reply_id=uuid4(), seen=1)


async def test_erased_with_the_conversation(engine: AsyncEngine, query: Query, edge: TestClient) -> None:
    conversation_id, other = await new_talk(engine, "ciao"), await new_talk(engine, "ciao")
    await sent(engine, conversation_id)
    await sent(engine, other)
    [(links,)] = query("SELECT links FROM messages WHERE sender = 'operator' AND conversation_id = %s", conversation_id)
    path = urlsplit(links[0]["url"]).path
    async with engine.begin() as connection:
        exported = await export(connection, conversation_ids=[conversation_id])
        erased = await erase(connection, conversation_ids=[conversation_id], now=clock.now())
    [file] = json.loads(as_json(exported))["conversations"][0]["attachments"]
    assert (file["name"], file["size"]) == ("Modulo Quondamatteo.pdf", len(PDF))
    assert "sealed" not in file
    assert "Modulo Quondamatteo.pdf" in as_html(exported)
    assert erased["attachments"] == 1
    assert query("SELECT count(*) FROM attachments") == [(1,)]
    answer = await edge.get(path)
    assert answer.status == 404
    assert "Questo file non c" in await answer.text()


async def test_words_struck_out_leave_the_name_too(signed_in: SignIn, engine: AsyncEngine, query: Query) -> None:
    sara = await signed_in("sara", "supervisore")
    conversation_id = await new_talk(engine)
    message = await wrote(engine, conversation_id, "sono Quondamatteo")
    await sent(engine, conversation_id)
    form = {"motivo": "nome di un altro", "parole": "Quondamatteo"}
    assert (await sara.post(f"/conversazioni/{conversation_id}/cancella/{message}/fatto", form)).status == 303
    assert query("SELECT name FROM attachments") == [("Modulo [omissis].pdf",)]
    assert "[omissis]" in query("SELECT links::text FROM messages WHERE sender = 'operator'")[0][0]


async def test_a_file_of_another_secret_is_not_given_and_not_a_crash(
    engine: AsyncEngine, query: Query, edge: TestClient, configure: Any
) -> None:
    await sent(engine, await new_talk(engine, "ciao"))
    [(attachment_id,)] = query("SELECT id FROM attachments")
    configure(secret_key="another secret for tests only and as long as it has to be")  # noqa: S106
    path = urlsplit(link_to(attachment_id, Upload(name="x", media_type="x", content=b"x")).url).path
    answer = await edge.get(path)
    assert answer.status == 503
    assert "non si apre" in await answer.text()


# --- on the channels --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [False, True])
async def test_on_telegram_it_arrives_as_a_document_once(
    telegram: TelegramDouble, engine: AsyncEngine, query: Query, trouble: bool
) -> None:
    telegram.known[77] = "private"
    async with engine.begin() as connection:
        address, _ = await conversation_at(connection, channel="telegram", value="77")
    await wrote(engine, address.conversation_id, "mi serve il modulo")
    await sent(engine, address.conversation_id)
    if trouble:
        telegram.trouble("sendDocument", Trouble(500))
    senders = create_senders(get_settings(), engine)
    outbox = Outbox(engine, senders)
    while await outbox.send_next():
        pass
    assert not await outbox.send_next()
    await close_all(senders)
    shown = telegram.chats[77]
    files = [one.data for one in shown if one.kind == "document"]
    assert [(one["name"], one["body"]) for one in files] == ([] if trouble else [("Modulo Quondamatteo.pdf", PDF)])
    said = [one for one in shown if "Ecco il modulo." in one.text]
    assert len(said) == 1
    # With or without the document, the link is there.
    assert "https://sportello.example.org/allegati/" in said[0].html + str(said[0].rows)
    assert query("SELECT delivery FROM messages WHERE sender = 'operator'") == [("sent",)]


async def test_elsewhere_it_is_a_link_in_the_words() -> None:
    link = link_to(uuid4(), Upload(name="Modulo.pdf", media_type="application/pdf", content=PDF))
    assert linked(link.url)
    for channel in (WHATSAPP, SMS):
        rendered = render("Ecco.", (), (link,), channel)
        assert [part.text for part in rendered.parts] == [f"Ecco.\nScarica Modulo.pdf (2 kB): {link.url}"]
