"""Sending on WhatsApp and by text message: what is asked of Twilio's REST API, and what its answers come to."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from twilio_double import PUBLIC_URL, SETTINGS, SMS_FROM, Trouble, TwilioDouble
from typer.testing import CliRunner

from bot.conversations.model import Button
from bot.settings import Settings, SettingsError, get_settings
from channels import twilio_client
from channels.capabilities import SMS, WHATSAPP, WHATSAPP_WITH_CONTENT
from channels.doctor import examine
from channels.render import render
from channels.sender import Part, RateLimitedError, RefusedError, UncertainError, UnreachedError
from channels.senders import create_senders
from channels.twilio_client import create_client
from channels.twilio_content import KEYS, make_contents
from channels.twilio_sender import TwilioSender

NUMBER = "+393331234567"
YES_NO = (
    Button(title="Confermo", payload='/confirm_attendance{"appointment":"1"}'),
    Button(title="No", payload="/deny"),
)


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioDouble]:
    double = TwilioDouble()
    await double.start()
    yield double
    assert not double.wrong, double.wrong
    await double.stop()


@pytest.fixture
def settings(twilio: TwilioDouble) -> Settings:
    return Settings(**SETTINGS | {"twilio_api_url": twilio.url}, _env_file=None)


@pytest.fixture
async def sms(settings: Settings) -> AsyncIterator[TwilioSender]:
    sender = TwilioSender(settings, SMS)
    yield sender
    await sender.close()


@pytest.fixture
async def whatsapp(settings: Settings) -> AsyncIterator[TwilioSender]:
    sender = TwilioSender(settings, WHATSAPP)
    yield sender
    await sender.close()


@pytest.fixture
async def with_content(settings: Settings) -> AsyncIterator[TwilioSender]:
    client, http = create_client(settings)
    made = await make_contents(client, {})
    await http.close()
    sender = TwilioSender(settings.model_copy(update={"twilio_content_sids": made}), WHATSAPP)
    yield sender
    await sender.close()


def now() -> datetime:
    return datetime.now(UTC)


async def test_a_text_message_leaves_with_its_callback_and_segments(sms: TwilioSender, twilio: TwilioDouble) -> None:
    reference = uuid4()
    part = Part(text="perché no", segments=1, reference=reference)
    sent = await sms.send(NUMBER, part, last_inbound=None)
    [one] = twilio.sent
    assert (one.to, one.sender, one.body) == (NUMBER, SMS_FROM, "perché no")
    assert one.callback == f"{PUBLIC_URL}/twilio/status?delivery={reference}"
    assert (sent.provider_id, sent.state, sent.segments) == (one.sid, "queued", 1)


async def test_whatsapp_addresses_carry_their_prefix(whatsapp: TwilioSender, twilio: TwilioDouble) -> None:
    await whatsapp.send(NUMBER, Part(text="ciao"), last_inbound=now())
    [one] = twilio.sent
    assert one.to == f"whatsapp:{NUMBER}"
    assert one.sender.startswith("whatsapp:")


async def test_429_says_how_long(sms: TwilioSender, twilio: TwilioDouble) -> None:
    twilio.trouble(Trouble(429, 20429, "7"), Trouble(429, 20429, None))
    for seconds in (7, twilio_client.DEFAULT_WAIT):
        with pytest.raises(RateLimitedError) as caught:
            await sms.send(NUMBER, Part(text="x"), last_inbound=None)
        assert caught.value.seconds == seconds
    assert twilio.sent == []


async def test_a_refused_connection_never_left(sms: TwilioSender, twilio: TwilioDouble) -> None:
    await twilio.away()
    with pytest.raises(UnreachedError):
        await sms.send(NUMBER, Part(text="x"), last_inbound=None)


@pytest.mark.parametrize("status", [500, 503])
async def test_a_5xx_of_twilio_itself_may_be_tried_again(sms: TwilioSender, twilio: TwilioDouble, status: int) -> None:
    twilio.trouble(Trouble(status))
    with pytest.raises(UnreachedError):
        await sms.send(NUMBER, Part(text="x"), last_inbound=None)
    assert len(twilio.calls) == 1, "one request, no retries of the SDK"


@pytest.mark.parametrize("kind", ["silence", "reset"])
async def test_what_was_accepted_without_an_answer_is_uncertain_and_found(
    sms: TwilioSender, twilio: TwilioDouble, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(twilio_client, "TOTAL_SECONDS", 0.3)
    before = now()
    part = Part(text="Ti aspettiamo. A presto", segments=1)
    twilio.trouble(Trouble(kind))  # type: ignore[arg-type]
    with pytest.raises(UncertainError):
        await sms.send(NUMBER, part, last_inbound=None)
    found = await sms.look_up(NUMBER, part, since=before)
    assert found is not None
    assert found.provider_id == twilio.sent[0].sid
    assert await sms.look_up(NUMBER, replace(part, others=frozenset({found.provider_id})), since=before) is None
    assert await sms.look_up(NUMBER, part, since=before + timedelta(minutes=5)) is None
    assert await sms.look_up("+393330000000", part, since=before) is None
    assert await sms.look_up(NUMBER, Part(text="altro"), since=before) is None


async def test_a_gateway_s_502_is_uncertain(sms: TwilioSender, twilio: TwilioDouble) -> None:
    twilio.trouble(Trouble("gateway"))
    with pytest.raises(UncertainError):
        await sms.send(NUMBER, Part(text="x"), last_inbound=None)


async def test_who_cannot_be_asked_is_unreached(sms: TwilioSender, twilio: TwilioDouble) -> None:
    await twilio.away()
    with pytest.raises(UnreachedError):
        await sms.look_up(NUMBER, Part(text="x"), since=now())


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (21610, "opted_out"),
        (63016, "window"),
        (21211, "address"),
        (21614, "address"),
        (30006, "address"),
        (63033, "blocked"),
        (21617, "content"),
        (30007, "content"),
    ],
)
async def test_a_refusal_says_what_it_is_about(sms: TwilioSender, twilio: TwilioDouble, code: int, why: str) -> None:
    twilio.trouble(Trouble(400, code, said=f"The number {NUMBER} is no good"))
    with pytest.raises(RefusedError) as caught:
        await sms.send(NUMBER, Part(text="x"), last_inbound=None)
    assert (caught.value.code, caught.value.why) == (str(code), why)
    assert NUMBER not in caught.value.reason, "the reason is kept, the number is not"


async def test_wrong_credentials_keep_messages_waiting(settings: Settings) -> None:
    sender = TwilioSender(Settings(**settings.model_dump() | {"twilio_auth_token": "wrong"}, _env_file=None), SMS)
    with pytest.raises(UnreachedError):
        await sender.send(NUMBER, Part(text="x"), last_inbound=None)
    await sender.close()


@pytest.mark.parametrize("hours", [None, 24, 30])
async def test_outside_the_window_nothing_free_is_tried(
    whatsapp: TwilioSender, twilio: TwilioDouble, hours: int | None
) -> None:
    last = None if hours is None else now() - timedelta(hours=hours)
    with pytest.raises(RefusedError) as caught:
        await whatsapp.send(NUMBER, Part(text="ciao"), last_inbound=last)
    assert caught.value.why == "window"
    assert twilio.calls == []


async def test_outside_the_window_reminders_fill_the_approved_template(
    twilio: TwilioDouble, settings: Settings
) -> None:
    body = {"body": "Ti scrive Sportello. {{1}} Per non ricevere promemoria scrivi STOP."}
    sid = twilio.add_content({"twilio/text": body}, name="promemoria", approved=True)["sid"]
    sender = TwilioSender(settings.model_copy(update={"twilio_reminder_content_sid": sid}), WHATSAPP)
    said = render("Ti ricordo\nl'appuntamento.", YES_NO, [], sender.capabilities)
    part = replace(said.parts[0], reminder=True)
    sent = await sender.send(NUMBER, part, last_inbound=None)
    assert twilio.texts() == [
        "Ti scrive Sportello. Ti ricordo l'appuntamento. 1 Confermo 2 No Per non ricevere promemoria scrivi STOP."
    ]
    found = await sender.look_up(NUMBER, part, since=now())
    assert found is not None
    assert found.provider_id == sent.provider_id
    with pytest.raises(RefusedError):
        await sender.send(NUMBER, Part(text="altro"), last_inbound=None)
    await sender.close()


async def test_few_short_choices_are_buttons(with_content: TwilioSender, twilio: TwilioDouble) -> None:
    assert with_content.capabilities is WHATSAPP_WITH_CONTENT
    [part] = render("Va bene?", YES_NO, [], with_content.capabilities).parts
    await with_content.send(NUMBER, part, last_inbound=now())
    [one] = twilio.sent
    assert one.body == "Va bene?"
    assert one.choices == [(button.title, button.payload) for button in YES_NO]
    found = await with_content.look_up(NUMBER, part, since=now())
    assert found is not None


async def test_more_choices_are_a_list(with_content: TwilioSender, twilio: TwilioDouble) -> None:
    buttons = [Button(title=f"Comune numero {n}", payload="/repeat") for n in range(10)]
    [part] = render("Quale?", buttons, [], with_content.capabilities).parts
    await with_content.send(NUMBER, part, last_inbound=now())
    assert [title for title, _ in twilio.sent[0].choices] == [button.title for button in buttons]


@pytest.mark.parametrize(
    "buttons",
    [
        [Button(title=f"{n}", payload="/repeat") for n in range(11)],
        [Button(title="venerdì 13 marzo alle 9:30", payload="/repeat")],
        [Button(title="Sì", payload="/affirm"), Button(title="sì", payload="/deny")],
        [Button(title="Sì", payload="/choose" + "x" * 300)],
    ],
)
async def test_choices_that_do_not_fit_are_numbered(
    with_content: TwilioSender, twilio: TwilioDouble, buttons: list[Button]
) -> None:
    [part] = render("Quale?", buttons, [], with_content.capabilities).parts
    await with_content.send(NUMBER, part, last_inbound=now())
    assert twilio.sent[0].body == "\n".join(["Quale?", *(f"{n} {b.title}" for n, b in enumerate(buttons, start=1))])


async def test_contents_are_made_once(settings: Settings, twilio: TwilioDouble) -> None:
    client, http = create_client(settings)
    first = await make_contents(client, {})
    assert await make_contents(client, {}) == first
    assert set(first) == set(KEYS)
    assert len(twilio.contents) == len(KEYS)
    await http.close()


async def test_an_environment_for_other_programs_changes_nothing(
    settings: Settings, twilio: TwilioDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    sender = TwilioSender(settings.model_copy(update={"twilio_api_url": "https://api.twilio.com"}), SMS)
    assert sender._client.get_hostname("https://api.twilio.com/x") == "https://api.twilio.com/x"
    await sender.close()


async def test_a_callback_only_this_machine_has_is_not_given(settings: Settings) -> None:
    here = {"public_url": "http://127.0.0.1:8080"}
    double, real = (
        TwilioSender(settings.model_copy(update=here | more), SMS)
        for more in ({}, {"twilio_api_url": "https://api.twilio.com"})
    )
    assert double._callback("1") is not None
    assert real._callback("1") is None
    await double.close()
    await real.close()


@pytest.mark.parametrize("missing", ["twilio_account_sid", "twilio_auth_token", "twilio_sms_from"])
async def test_not_configured_means_not_started(settings: Settings, missing: str) -> None:
    senders = create_senders(settings.model_copy(update={missing: None}), None)
    assert "sms" not in senders


async def test_the_doctor_tells(settings: Settings, twilio: TwilioDouble) -> None:
    found = [f.text for f in [one async for one in examine(settings)] if f.channel in ("sms", "whatsapp")]
    assert found[0] == "raggiungibile, come Prova"
    assert f"i messaggi per {SMS_FROM} arrivano a {PUBLIC_URL}/twilio/inbound" in found
    wrong = settings.model_copy(update={"twilio_sms_from": "+390000000000"})
    assert any("non è un numero" in f.text for f in [one async for one in examine(wrong)])
    await twilio.away()
    assert any("non raggiungibile" in f.text for f in [one async for one in examine(settings)] if f.channel == "sms")


def test_content_ids_are_read_from_the_environment(configure: Callable[..., None]) -> None:
    sid = "HX" + "0" * 32
    configure(twilio_content_sids=f"b1={sid}, l10={sid}")
    assert get_settings().twilio_content_sids == {"b1": sid, "l10": sid}
    configure(twilio_content_sids="HX1")
    with pytest.raises(SettingsError, match="SPORTELLO_TWILIO_CONTENT_SIDS"):
        get_settings()


async def test_the_command_writes_the_line_for_env(twilio: TwilioDouble, configure: Callable[..., None]) -> None:
    import asyncio

    from channels.twilio_commands import app

    configure(**SETTINGS, twilio_api_url=twilio.url)
    result = await asyncio.to_thread(CliRunner().invoke, app, ["contenuti"])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("SPORTELLO_TWILIO_CONTENT_SIDS=b1=HX")
    configure(twilio_content_sids=result.output.strip().partition("=")[2])
    assert set(get_settings().twilio_content_sids) == set(KEYS)
