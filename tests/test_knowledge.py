"""The knowledge: it loads, it is readable, and what is wrong in it is said by name."""

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from bot.answers.centres import centre_for_municipality, contacts, describe, hours
from bot.answers.sentences import BY_INTENT, DANGER, LANGUAGES, say
from bot.answers.topics import ASPECT_TITLES, answer_topic, source_of
from bot.knowledge import KnowledgeError, get_knowledge, load_knowledge
from bot.knowledge.check import findings
from bot.knowledge.dates import in_words, is_stale
from bot.knowledge.load import knowledge_folder
from bot.knowledge.model import latest_day
from bot.knowledge.names import named_services, named_sites
from bot.knowledge.readability import gulpease
from bot.settings import ROOT, get_settings

TODAY = date(2026, 11, 22)
READABLE = 60
SERVICES = sorted(get_knowledge().services)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the knowledge files that a test may break."""
    shutil.copytree(knowledge_folder(), tmp_path / "data")
    return tmp_path / "data"


def test_the_town_called_none_is_a_town() -> None:
    assert get_knowledge().by_municipality["None"].province == "TO"


def test_every_municipality_of_piedmont_is_there() -> None:
    assert len(get_knowledge().municipalities) == 1180


def test_torino_has_two_centres() -> None:
    assert get_knowledge().by_municipality["Torino"].cpi_ids == ("torino-nord", "torino-sud")


@pytest.mark.parametrize("topic", SERVICES)
def test_an_answer_is_short_and_readable(topic: str) -> None:
    service = get_knowledge().services[topic]
    assert gulpease(service.answer) >= READABLE
    assert len(service.answer) <= 420
    assert "!" not in service.answer


@pytest.mark.parametrize("topic", SERVICES)
def test_every_aspect_is_readable_with_what_is_said_around_it(topic: str) -> None:
    for aspect in (None, *ASPECT_TITLES):
        reply = answer_topic(get_knowledge(), topic, aspect=aspect, today=TODAY)
        if aspect != "documents":  # a list of names of papers has no sentences to measure
            assert gulpease(reply.text) >= READABLE, (aspect, reply.text)
        assert len(reply.buttons) <= 6
        assert len({button.payload for button in reply.buttons}) == len(reply.buttons)


@pytest.mark.parametrize("topic", SERVICES)
def test_a_source_tells_its_date(topic: str) -> None:
    assert in_words(get_knowledge().services[topic].as_of) in source_of(get_knowledge(), topic).text


@pytest.mark.parametrize("sentence", [*BY_INTENT.values(), DANGER])
def test_fixed_sentences_are_readable(sentence: str) -> None:
    assert gulpease(say(sentence)) >= READABLE


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_tells_the_number(language: str) -> None:
    assert get_settings().freephone in say(LANGUAGES[language])


def test_every_municipality_gets_an_answer_with_a_way_to_a_person() -> None:
    for municipality in get_knowledge().municipalities:
        text = centre_for_municipality(get_knowledge(), municipality.name, today=TODAY).text
        assert get_settings().freephone in text, municipality.name
        assert "None" not in text.replace(municipality.name, ""), text


def test_the_nearest_centre_is_never_called_competent() -> None:
    for municipality in get_knowledge().municipalities:
        if municipality.basis == "nearest":
            text = centre_for_municipality(get_knowledge(), municipality.name, today=TODAY).text
            assert "competente" not in text or "Non so se è quello competente" in text, text


def test_an_announced_site_is_never_called_open() -> None:
    for centre in get_knowledge().centres.values():
        if centre.status == "announced":
            assert "sede annunciata" in describe(centre, today=TODAY).text


def test_nothing_unknown_is_invented() -> None:
    for centre in get_knowledge().centres.values():
        said = contacts(centre).text + hours(centre).text
        assert "null" not in said
        assert get_settings().freephone in said


def test_a_missing_field_is_named(copied: Path) -> None:
    path = copied / "services" / "did.yml"
    entry = yaml.safe_load(path.read_text(encoding="utf-8"))
    del entry["answer"]
    path.write_text(yaml.safe_dump(entry), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"did\.yml: answer"):
        load_knowledge(copied)


def test_a_service_without_sources_is_refused(copied: Path) -> None:
    path = copied / "services" / "gol.yml"
    entry = yaml.safe_load(path.read_text(encoding="utf-8")) | {"sources": []}
    path.write_text(yaml.safe_dump(entry), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"gol\.yml: sources"):
        load_knowledge(copied)


def test_a_reference_to_nothing_is_refused(copied: Path) -> None:
    path = copied / "services" / "adi.yml"
    entry = yaml.safe_load(path.read_text(encoding="utf-8")) | {"related": ["nowhere"]}
    path.write_text(yaml.safe_dump(entry), encoding="utf-8")
    with pytest.raises(KnowledgeError, match="nowhere"):
        load_knowledge(copied)


def test_broken_yaml_is_named(copied: Path) -> None:
    (copied / "services" / "adi.yml").write_text("id: [", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"adi\.yml"):
        load_knowledge(copied)


def test_check_lists_missing_stale_and_unverified() -> None:
    found = list(findings(get_knowledge(), today=TODAY, max_age_days=540))
    assert {finding.kind for finding in found} == {"manca", "vecchio", "da verificare"}
    assert any(f.where == "centro pinerolo" and f.what == "indirizzo" for f in found)


def test_a_younger_limit_finds_more_that_is_old() -> None:
    def stale(days: int) -> int:
        return sum(f.kind == "vecchio" for f in findings(get_knowledge(), today=TODAY, max_age_days=days))

    assert stale(30) > stale(540) > stale(36500)


@pytest.mark.parametrize(
    ("partial", "words", "last"),
    [
        ("2025", "2025", date(2025, 12, 31)),
        ("2025-06", "giugno 2025", date(2025, 6, 30)),
        ("2024-02", "febbraio 2024", date(2024, 2, 29)),
        ("2025-12", "dicembre 2025", date(2025, 12, 31)),
        ("2025-06-03", "3 giugno 2025", date(2025, 6, 3)),
    ],
)
def test_partial_dates_are_said_in_words_and_end_when_they_can_end(partial: str, words: str, last: date) -> None:
    assert in_words(partial) == words
    assert latest_day(partial) == last


def test_an_undated_fact_is_always_stale() -> None:
    assert is_stale(None, today=TODAY, max_age_days=36500)


def test_services_and_sites_are_found_by_their_names() -> None:
    assert [named.id for named in named_services("che documenti x la D.I.D. no, la DID e lo spid")] == [
        "did",
        "spid-cie-accesso",
    ]
    assert [named.id for named in named_sites("avete aperto in Via Cavour?")] == ["spazio-giovani-valdo-fusi"]


def test_every_service_has_examples_a_response_and_no_stranger() -> None:
    folder = ROOT / "nlu_data"
    responses = yaml.safe_load((folder / "responses.yml").read_text(encoding="utf-8"))["responses"]
    assert sorted(path.stem for path in (folder / "faq").glob("*.yml")) == SERVICES
    assert sorted(key.removeprefix("utter_faq/") for key in responses) == SERVICES
