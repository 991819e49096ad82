"""What every channel that is written to must keep, one suite for all: lengths, choices, links, alphabet, nothing lost."""

import re
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.answers.gsm7 import LONG_SEGMENT, SEGMENT, plain, segments, septets, shortened
from bot.conversations.model import Button, Link
from bot.settings import Settings
from channels.capabilities import CHANNELS, SMS, WHATSAPP_WITH_CONTENT, Capabilities
from channels.render import MORE, render, split
from channels.sender import Part
from channels.senders import create_senders

ALL = [*CHANNELS.values(), WHATSAPP_WITH_CONTENT]
IDS = [*CHANNELS, "whatsapp with buttons"]
every_channel = pytest.mark.parametrize("channel", ALL, ids=IDS)

WORDS = st.text(st.sampled_from("abcdefghilmnopqrstuvzàèéìòù'’,;:-€0123456789"), min_size=1, max_size=25)
SENTENCES = st.lists(WORDS, min_size=1, max_size=40).map(lambda words: " ".join(words) + ".")
TEXTS = st.tuples(st.lists(SENTENCES, min_size=1, max_size=5), st.integers(1, 30)).map(
    lambda made: " ".join(made[0] * made[1])
)
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=3000)
TITLES = st.text(st.sampled_from("abcdefgh ìò😀"), min_size=1, max_size=60).filter(lambda title: plain(title).strip())
BUTTONS = st.lists(
    st.builds(Button, title=TITLES, payload=st.sampled_from(["/affirm", "/deny", "/repeat", "/choose" + "x" * 250])),
    max_size=12,
)
LINKS = st.lists(st.just(Link(title="Pagina", url="https://example.org/pagina")), max_size=2)


def whole(text: str, buttons: list[Button], links: list[Link], channel: Capabilities) -> list[Part]:
    """All parts, the rest asked for until there is none."""
    rendered = render(text, buttons, links, channel)
    parts = list(rendered.parts)
    while rendered.rest_from is not None:
        before = rendered.rest_from
        rendered = render(text, buttons, links, channel, from_char=before)
        parts += rendered.parts
        assert rendered.rest_from is None or rendered.rest_from > before, "asking again goes on"
    return parts


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def said_in(parts: list[Part]) -> str:
    return bare("".join(part.text.removesuffix(f"\n{MORE}") for part in parts))


@every_channel
@settings(max_examples=60, deadline=None)
@given(text=ANYTHING, buttons=BUTTONS, links=LINKS)
def test_every_part_is_within_the_channel_s_limits(
    channel: Capabilities, text: str, buttons: list[Button], links: list[Link]
) -> None:
    for part in whole(text, buttons, links, channel):
        assert part.text.strip()
        assert channel.max_text is None or len(part.text) <= channel.max_text
        if channel.alphabet == "gsm7":
            assert segments(part.text) <= (channel.max_segments or 1)
            assert part.segments == segments(part.text)
        if channel.numbered and part.buttons:
            few = len(part.buttons) <= channel.buttons
            room = channel.max_button_title if few else channel.max_row_title
            titles = [button.title for button in part.buttons]
            if few and any(len(title) > (room or 0) for title in titles):
                few, room = False, channel.max_row_title
            assert len(titles) <= (channel.buttons if few else channel.list_rows)
            assert all(len(title) <= (room or 0) for title in titles)
            assert len(part.text) <= (channel.max_text_with_choices or 0)


@every_channel
@settings(max_examples=60, deadline=None)
@given(text=TEXTS, buttons=BUTTONS, links=LINKS)
def test_nothing_is_lost_and_nothing_said_twice(
    channel: Capabilities, text: str, buttons: list[Button], links: list[Link]
) -> None:
    assume(
        " ".join(f"{n} {b.title}" for n, b in enumerate(buttons, start=1)).lower() not in text.lower() or not buttons
    )
    parts = whole(text, buttons, links, channel)
    as_written = plain if channel.alphabet == "gsm7" else str
    said = said_in(parts)
    assert said.startswith(bare(as_written(text)))
    if not channel.links:
        assert all(said.count(bare(as_written(f"{link.title}: {link.url}"))) >= 1 for link in links)
    shown = [part.buttons for part in parts if part.buttons]
    if not channel.numbered:
        assert shown == ([tuple(buttons)] if buttons else [])
    elif shown:
        assert shown == [tuple(buttons)]
        assert len(said) == len(bare(as_written(text))) + sum(len(bare(f"{one.title}: {one.url}")) for one in links)
    else:
        numbers = re.findall(r"(?m)^(\d+) ", "\n".join(part.text for part in parts))
        assert numbers[-len(buttons) :] == [str(n) for n in range(1, len(buttons) + 1)] or not buttons


@every_channel
@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_no_word_is_broken(channel: Capabilities, text: str) -> None:
    parts = whole(text, [], [], channel)
    as_written = plain if channel.alphabet == "gsm7" else str
    assert " ".join(part.text.removesuffix(f"\n{MORE}") for part in parts).split() == as_written(text).split()


@every_channel
def test_choices_come_last_and_once(channel: Capabilities) -> None:
    buttons = [Button(title="Confermo", payload="/affirm"), Button(title="Sposto", payload="/deny")]
    parts = whole("Una frase di prova. " * 300, buttons, [], channel)
    assert all(not part.buttons and "1 Confermo" not in part.text for part in parts[:-1])
    assert parts[-1].buttons == tuple(buttons) or parts[-1].text.endswith("1 Confermo\n2 Sposto")


@every_channel
def test_choices_the_text_says_itself_are_not_repeated(channel: Capabilities) -> None:
    buttons = [Button(title=title, payload="/repeat") for title in ("Confermo", "Sposto", "Disdico")]
    [part] = whole("Appuntamento gio 5/3 9:30. 1 confermo 2 sposto 3 disdico", buttons, [], channel)
    assert part.text.lower().count("confermo") == 1


@every_channel
def test_a_number_in_the_text_is_no_choice(channel: Capabilities) -> None:
    [part] = whole("Ti aspetto alle 11 confermo", [Button(title="Confermo", payload="/affirm")], [], channel)
    assert part.buttons or part.text.endswith("\n1 Confermo")


@every_channel
def test_links_have_titles_or_are_written_out(channel: Capabilities) -> None:
    link = Link(title="Informativa", url="https://example.org/privacy")
    [part] = whole("Ecco.", [], [link], channel)
    assert part.links == ((link,) if channel.links else ())
    assert ("https://example.org/privacy" in part.text) != channel.links


@every_channel
def test_nothing_to_say_is_no_part(channel: Capabilities) -> None:
    assert whole(" \n", [], [], channel) == []


def test_each_sender_has_the_capabilities_of_its_channel() -> None:
    credentials = {
        "telegram_token": "1:a",
        "twilio_account_sid": "AC1",
        "twilio_auth_token": "x",
        "twilio_sms_from": "+390000000000",
        "twilio_whatsapp_from": "+390000000000",
    }
    senders = create_senders(Settings(**credentials, _env_file=None), None)
    assert {name: sender.capabilities for name, sender in senders.items()} == {
        name: channel for name, channel in CHANNELS.items() if not channel.pulled
    }


# --- the alphabet of text messages


def test_italian_accents_stay() -> None:
    assert plain("perché è così più là università É Ç") == "perché è così più là università É Ç"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("È “vero” – l’ho detto…", "E' \"vero\" - l'ho detto..."),
        ("ciao 😀👍🏽 a te ❤️", "ciao  a te "),
        ("Ángel Müller Šimić François", "Angel Müller Simic Francois"),
        ("20°, 3×4, • punto, €5", "20o, 3x4, - punto, €5"),
        ("uno\u00a0due\u202ftre\ttab", "uno due tre tab"),
        ("ﬁne ①", "fine 1"),
        ("Привет 中文", "?????? ??"),
        ("zero\u200bwidth\u2060", "zerowidth"),
    ],
)
def test_other_characters_become_the_nearest(written: str, sent: str) -> None:
    assert plain(written) == sent


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_plain_is_always_in_the_alphabet_and_settled(text: str) -> None:
    once = plain(text)
    septets(once)
    assert plain(once) == once


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab€^à "), max_size=700))
def test_segments_are_counted_as_they_are_cut(text: str) -> None:
    places = septets(text)
    if places <= SEGMENT:
        assert segments(text) == 1
        return
    pieces, used = 1, 0
    for character in text:
        size = septets(character)
        if used + size > LONG_SEGMENT:
            pieces, used = pieces + 1, 0
        used += size
    assert segments(text) == pieces


def test_the_extension_characters_take_two_places() -> None:
    assert segments("€" * 80) == 1
    assert segments("€" * 81) == 2
    assert segments("a" * 160) == 1
    assert segments("a" * 161) == 2
    assert segments("a" * 306) == 2
    assert segments("€" * 153) == 3  # 76 in each: none is parted


@settings(max_examples=200, deadline=None)
@given(ANYTHING, st.integers(1, 200))
def test_shortened_fits(text: str, room: int) -> None:
    assert septets(shortened(text, room)) <= room


@settings(max_examples=200, deadline=None)
@given(ANYTHING, st.integers(1, 300))
def test_split_keeps_everything_within_the_limit(text: str, most: int) -> None:
    pieces = split(text, most)
    assert all(len(piece) <= most for piece in pieces)
    assert bare("".join(pieces)) == bare(text)


def test_many_long_choices_by_text_message_stay_together() -> None:
    buttons = [Button(title=f"Orientamento e consulenza numero {n} in centro", payload="/repeat") for n in range(12)]
    parts = whole("Quale? " * 60, buttons, [], SMS)
    assert all(segments(part.text) <= 3 for part in parts)
    assert re.findall(r"(?m)^(\d+) \S", parts[-1].text) == [str(n) for n in range(1, 13)]


def test_a_reminder_of_ours_is_not_changed_by_the_channel() -> None:
    text = "Appuntamento ven 6/3 9:30: Orientamento, video. ABC-DEF. 1 confermo 2 sposto 3 disdico entro gio 5/3 9:30"
    [part] = whole(text, [Button(title=t, payload="/repeat") for t in ("Confermo", "Sposto", "Disdico")], [], SMS)
    assert part == Part(text=text, segments=1)
    assert replace(part, text="x").segments == 1
