"""Changes to the project's files: shown as patches, written whole, taken back."""

import json
import shutil
import subprocess
from datetime import date
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.settings import ROOT
from bot.teaching import changes
from bot.teaching.changes import Change, ReverseError, diff, digest, reverse
from bot.teaching.examples import Examples, added, look_at, read_examples
from bot.teaching.regression import FILE, Case, read_cases, with_cases, without_case
from bot.teaching.wording import WordingError, checked, same

LINE = st.text(alphabet=st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=12)
TEXT = st.lists(
    st.sampled_from(["uno", "due", "- tre", "--- a/x", "+++ b/x", "@@ -1 +1 @@", ""]) | LINE, max_size=12
).map("\n".join)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the files that teaching writes into."""
    for name in ("nlu_data", "bot/knowledge/data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


# --- patches ----------------------------------------------------------------------------------------------------------


@given(TEXT, TEXT)
@settings(max_examples=150, deadline=None)
def test_what_was_changed_is_taken_back_to_the_letter(before: str, after: str) -> None:
    if before == after:
        assert diff([Change(path="a/b.yml", before=before, after=after)]) == ""
        return
    patch = diff([Change(path="a/b.yml", before=before, after=after)])
    [back] = reverse(patch, lambda path: {"a/b.yml": after}[path])
    assert back == Change(path="a/b.yml", before=after, after=before)


def test_git_takes_the_patch(tmp_path: Path) -> None:
    files = {
        "changed.yml": ("a\nb\nc\n", "a\nB\nc\nd"),
        "new.yml": (None, "x\n- y\n"),
        "gone.yml": ("x\n", None),
    }
    for name, (before, _) in files.items():
        if before is not None:
            (tmp_path / name).write_text(before, encoding="utf-8")
    patch = diff([Change(path=name, before=before, after=after) for name, (before, after) in files.items()])
    subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=tmp_path, check=True)
    for name, (_, after) in files.items():
        assert changes.read(tmp_path, name) == after


def test_a_lesson_is_taken_back_although_others_came_after_it() -> None:
    base = "".join(f"- frase {number}\n" for number in range(20))
    mine = diff([Change(path="x.yml", before=base, after=base + "- la mia\n")])
    now = "- prima di tutte\n" + base + "- la mia\n- quella di un altro\n"
    [back] = reverse(mine, lambda _: now)
    assert back.after == now.replace("- la mia\n", "")


def test_a_line_that_was_changed_again_is_not_taken_back() -> None:
    mine = diff([Change(path="x.yml", before="a: 1\n", after="a: 2\n")])
    with pytest.raises(ReverseError, match=r"x\.yml"):
        reverse(mine, lambda _: "a: 3\n")


def test_a_file_made_new_goes_and_one_changed_since_stays() -> None:
    mine = diff([Change(path="x.yml", before=None, after="a: 1\n")])
    assert reverse(mine, lambda _: "a: 1\n") == [Change(path="x.yml", before="a: 1\n", after=None)]
    for now in ("a: 1\nb: 2\n", None):
        with pytest.raises(ReverseError):
            reverse(mine, lambda _, now=now: now)  # type: ignore[misc]


def test_all_files_are_written_or_none(tmp_path: Path) -> None:
    (tmp_path / "first.yml").write_text("old\n", encoding="utf-8")
    (tmp_path / "blocked").write_text("a file, not a folder", encoding="utf-8")
    wanted = [
        Change(path="first.yml", before="old\n", after="new\n"),
        Change(path="blocked/second.yml", before=None, after="x\n"),
    ]
    with pytest.raises(OSError, match="blocked"):
        changes.write(tmp_path, wanted)
    assert (tmp_path / "first.yml").read_text(encoding="utf-8") == "old\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blocked", "first.yml"]


def test_what_others_wrote_meanwhile_makes_another_digest_but_for_growing_files() -> None:
    mine = Change(path="x.yml", before="a\n", after="a\nb\n")
    later = Change(path="x.yml", before="z\na\n", after="z\na\nb\n")
    assert digest([mine]) != digest([later])
    assert digest([mine], growing=frozenset({"x.yml"})) == digest([later], growing=frozenset({"x.yml"}))


# --- sentences --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence",
    [
        "", "   ", "\u200b", "12345", "x" * 301, "[telefono] chiamatemi", "vivo a [Asti](municipality)", "a {b}", "a \\n b",
        "/restart", "mi chiamo Mario Rossi e cerco lavoro", "chiamatemi al 333 1234567", "scrivi a mario@example.org",
        "sono ‹nome› e cerco lavoro", "???",
    ],
)  # fmt: skip
def test_what_is_no_example_is_refused(sentence: str) -> None:
    with pytest.raises(WordingError):
        checked(sentence)


@pytest.mark.parametrize(
    ("sentence", "line"),
    [
        (" ho perso\n  il lavoro ", "ho perso il lavoro"),
        ("- intent: greet\n  examples: |", "- intent: greet examples: |"),
        ("è chiuso?\u202e ", "è chiuso?"),
        ("corso (gratis) # o no: \"sì\" 'no' | > & * ! %", "corso (gratis) # o no: \"sì\" 'no' | > & * ! %"),
        ("a\u2028b\x85c", "a b c"),
        ("\ud800 ciao", "ciao"),
    ],
)
def test_a_sentence_becomes_one_plain_line(sentence: str, line: str) -> None:
    assert checked(sentence) == line


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_sentence_changes_anything_else_in_the_file(sentence: str) -> None:
    try:
        line = checked(sentence)
    except WordingError:
        return
    if same(line) in read_once().intent_of:
        return
    change = added(ROOT, read_once(), "faq/did", [line])
    assert change.after is not None and change.before is not None
    assert change.after == change.before + f"    - {line}\n"


@lru_cache
def read_once() -> Examples:
    return read_examples(ROOT)


def test_every_intent_of_the_project_can_be_added_to(project: Path) -> None:
    for intent in read_examples(project).files:
        change = added(project, read_once(), intent, ["una frase che nessuno ha scritto"])
        assert [line for line in change.lines if line[0] in "+-"][2:] == ["+    - una frase che nessuno ha scritto"], (
            intent
        )


def test_known_sentences_conflicts_and_those_to_judge_by_are_told_apart() -> None:
    did = read_once().texts["faq/did"][0]
    [held_out, *_] = (changes.read(ROOT, "tests/data/understand_fresh.jsonl") or "").splitlines()
    calibration = changes.read(ROOT, "nlu_data/calibration.jsonl") or ""
    judged_by = json.loads(calibration.splitlines()[0])["text"]
    wanted = look_at(
        read_once(),
        "faq/adi",
        ["Una frase NUOVA!", "una frase nuova", did.upper() + " ", json.loads(held_out)["text"], judged_by],
    )
    assert wanted.fresh == ("Una frase NUOVA!",)
    assert wanted.known == ("una frase nuova",)
    assert wanted.conflicts == ((did.upper(), "faq/did"),)
    assert len(wanted.refused) == 2


def test_no_more_than_sixty_at_once() -> None:
    wanted = look_at(read_once(), "faq/adi", [f"frase inventata numero {number}" for number in range(3, 70)])
    assert "al massimo 60" in wanted.refused[0]


# --- the regression set -----------------------------------------------------------------------------------------------


def test_a_case_is_kept_replaced_and_taken_out(tmp_path: Path) -> None:
    day = date(2026, 3, 2)
    first = Case(text="Ho perso il posto", intent="faq/did", taught=day)
    changes.write(tmp_path, [with_cases(tmp_path, [first, Case(text="altro \"'[]", intent="greet", taught=day)])])
    assert (tmp_path / FILE).read_text(encoding="utf-8").splitlines()[0] == (
        '{"text": "Ho perso il posto", "intent": "faq/did", "taught": "2026-03-02"}'
    )
    again = Case(text="ho perso il posto!", intent="faq/naspi-discoll", taught=day)
    changes.write(tmp_path, [with_cases(tmp_path, [again])])
    assert [case.intent for case in read_cases(tmp_path)] == ["greet", "faq/naspi-discoll"]
    place = Case(text="ho perso il posto!", intent="inform", taught=day, entities=(("municipality", "Asti"),), now=day)
    changes.write(tmp_path, [with_cases(tmp_path, [place])])
    assert read_cases(tmp_path)[-1] == place and len(read_cases(tmp_path)) == 3
    change = without_case(tmp_path, again.id)
    assert change is not None
    changes.write(tmp_path, [change])
    assert again not in read_cases(tmp_path)
    assert without_case(tmp_path, again.id) is None
