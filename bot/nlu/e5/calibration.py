"""The ranges of the encoder's inner tensors, seen on messages of the kinds that come in."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

from bot.nlu.e5.graph import INPUT, Graph, add_encoder
from bot.nlu.e5.linear import FloatLinear, Range
from bot.nlu.e5.vocabulary import PREFIX
from bot.nlu.e5.weights import Weights

_MESSAGES = """
Buongiorno, sono rimasta senza lavoro a fine mese e vorrei capire da dove si comincia
ciao
sì
ok grazie mille
Quali carte servono per il primo colloquio?
A che ora aprite il martedì mattina a Moncalieri?
Vorrei spostare l'appuntamento del 14/03 alle 10:30 ad un altro giorno
nn riesco a entrare nel sito, mi dice password sbagliata
xke nessuno risponde al tel??? è da stamattina ke chiamo
HO PERSO IL LAVORO E NON SO COME PAGARE L'AFFITTO
Mi serve il certificato di disoccupazione, come lo scarico?
Ho 52 anni, ho fatto il magazziniere per vent'anni: esistono corsi per me?
Mio figlio ha la 104, può iscriversi alle liste del collocamento mirato?
Sono incinta e mi hanno licenziata, cosa mi spetta?
Il mio datore non mi paga da tre mesi
quanto dura la NASpI e ogni quanto la pagano
se accetto un contratto di 20 giorni perdo l'indennità?
Siete una vergogna, due ore di coda per niente!!!
Posso parlare con una persona vera?
sei un robot?
Dove trovo gli annunci di lavoro a Cuneo, Asti e Alessandria?
cerco lavoro come badante, saldatore, cameriera ai piani o autista con patente C
Che tempo farà domani?
Mi racconti una barzelletta
l’assegno d’inclusione è compatibile con un tirocinio?
"Garanzia Giovani" e il «Programma GOL» sono la stessa cosa?
Il mio codice fiscale è VRDLGU75C12L219K, la mail anna.verdi@posta.it
Chiamatemi al 333 1234567 dopo le 18
https://www.esempio.it/servizi/lavoro?id=42&lang=it
1.250,00 euro lordi per 13 mensilità
Perché l'operatore ha detto così? C'è un'età massima? Cos'è l'ISEE?
grazie 😊👍🏽 a presto!!
🙏
…
?
aaaaaaaaaaaaaaaaaaaaaaaaaaaa
la la la la la la la la la la
qwrtpsd kjhgf
{"a": [1, null, true]} <b>x</b> \\n
CIAO
non ho capito, puoi ripetere con parole più semplici?
annulla tutto
sono un'azienda e cerco due apprendisti, come pubblico l'offerta?
mi sono trasferito da Napoli a Torino: devo rifare l'iscrizione?
Good morning, I need to register as unemployed, can you speak English?
Bonjour, je viens d'arriver et je cherche une formation gratuite
Hola, necesito una cita para hablar de mi permiso de trabajo
Bună ziua, unde pot depune cererea pentru ajutor?
Përshëndetje, po kërkoj punë në ndërtim
مرحبا، أبحث عن عمل في المطعم
Вітаю, чи можна записатися на курс?
你好，我想学意大利语
Sto male, non ce la faccio più
Mi fanno lavorare dodici ore al giorno in nero e si tengono il mio passaporto
Ho mandato la domanda il 3 giugno 2024 ma risulta ancora "in lavorazione": a chi mi rivolgo?
Volevo sapere se il corso di formazione per operatore socio-sanitario che parte a settembre è gratuito per chi è \
iscritto al centro per l'impiego, quante ore dura, se danno un rimborso per i mezzi e se alla fine si fa uno stage in \
una struttura vera, perché l'ultima volta mi avevano promesso il tirocinio e poi non mi ha più richiamato nessuno e ho \
perso quasi un anno
"""


def input_ranges(weights: Weights, rows: Sequence[int], tokenizer: Tokenizer) -> dict[str, Range]:
    """What goes into each matrix product, by the product's name, when the encoder reads the messages in floats."""
    graph, linear = Graph(), FloatLinear()
    add_encoder(graph, weights, rows, linear)
    names = list(linear.inputs)
    taps = [linear.inputs[name] for name in names]
    session = ort.InferenceSession(graph.model(weights.hidden, taps), providers=["CPUExecutionProvider"])
    seen: list[list[Any]] = [session.run(taps, {INPUT: _ids(tokenizer, text)}) for text in _messages()]
    return {name: _range([tensors[place] for tensors in seen]) for place, name in enumerate(names)}


def _messages() -> list[str]:
    return ["", *_MESSAGES.strip().splitlines()]


def _ids(tokenizer: Tokenizer, text: str) -> Any:
    return np.array([tokenizer.encode(PREFIX + text).ids], np.int64)


def _range(tensors: list[Any]) -> Range:
    return Range(
        np.min([tensor.min(axis=(0, 1)) for tensor in tensors], axis=0),
        np.max([tensor.max(axis=(0, 1)) for tensor in tensors], axis=0),
    )
