"""How well messages are understood, ours beside Rasa as it comes, on messages by other hands.

python -m bench.nlu [--quick] [--skip-stock] [--epochs N] [--json FILE]
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import when_where
from bench.held_out import FILE, held_out, overlap_with_training
from bench.measure import Measured, measure
from bench.processes import end_cleanly_when_told
from bench.report import Cell, heading, percent, percentile, table
from bench.score import (
    DEFINITIONS,
    Ranking,
    by_length,
    calibration_error,
    configured_threshold,
    confusions,
    interval,
    is_right,
    reliability,
    score,
)
from bench.stock import OWN_THRESHOLD
from bench.trained import Trained
from bench.variants import Variant, light_variant, our_variants, stock_variant
from bot.settings import ROOT

CONFUSIONS = 25

Found = list[tuple[Variant, Trained, Measured]]


def main() -> None:
    """Entry point of `python -m bench.nlu`."""
    parser = argparse.ArgumentParser(prog="python -m bench.nlu", description=__doc__.splitlines()[0])
    add_options(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to a file too")
    options = parser.parse_args()
    end_cleanly_when_told()
    figures = run(quick=options.quick, skip_stock=options.skip_stock, epochs=options.epochs)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options this benchmark shares with `python -m bench`."""
    parser.add_argument("--quick", action="store_true", help="only ours, and short phases")
    parser.add_argument("--skip-stock", action="store_true", help="leave out Rasa's default pipeline, slow to train")
    parser.add_argument("--epochs", type=int, default=100, help="epochs of Rasa's default pipeline (default: 100)")


def run(*, quick: bool, skip_stock: bool, epochs: int) -> dict[str, Any]:
    """Train what is not trained yet, measure everything, print the tables, return the figures."""
    variants = our_variants(keep_vectors=quick)
    if not quick:
        variants += [light_variant()] if skip_stock else [stock_variant(epochs), light_variant()]
    trained = [(variant, variant.ensure()) for variant in variants]
    found = [(variant, model, measure(model.model, variant.env)) for variant, model in trained]
    threshold = configured_threshold()
    heading(f"Understanding: {len(held_out())} held-out messages, threshold {threshold}")
    in_training = overlap_with_training()
    print(
        f"{FILE.relative_to(ROOT)}; {in_training} of its texts also stand in the training data (greetings and the like)"
    )
    figures: dict[str, Any] = {"threshold": threshold, "messages": len(held_out()), "also_in_training": in_training}
    figures["variants"] = {variant.name: summary(model, measured, threshold) for variant, model, measured in found}
    print_understanding(found, threshold)
    print_pairs(found)
    print_cost(found)
    figures["ours"] = print_details(found[0][2].rankings, threshold)
    figures["when_where"] = print_when_where()
    return figures


def summary(trained: Trained, measured: Measured, threshold: float) -> dict[str, Any]:
    """Every figure of one variant."""
    return {
        "scores": asdict(score(held_out(), measured.rankings, threshold)),
        "noised": asdict(score(held_out(), measured.noised, threshold)),
        "calibration_error": calibration_error(reliability(held_out(), measured.rankings)),
        "ms_p50": percentile(measured.milliseconds, 0.5),
        "ms_p95": percentile(measured.milliseconds, 0.95),
        "ms_cpu": measured.cpu_milliseconds,
        "resident_mb": measured.resident_mb,
        "rasa_mb": measured.rasa_mb,
        "load_seconds": measured.load_seconds,
        "training": asdict(trained.cost),
    }


def print_understanding(found: Found, threshold: float) -> None:
    """What is right and what the assistant would do."""
    rows: list[list[Cell]] = []
    for variant, _, measured in found:
        rows.append(understanding_row(variant.title, measured.rankings, threshold))
        if variant.name.startswith("rasa"):
            rows.append(understanding_row(f"  at its own {OWN_THRESHOLD}", measured.rankings, OWN_THRESHOLD))
    header = [
        "%", "right", "first three", "acted right", "confidently wrong", "right when acting", "asked",
        "wrongly declined", "out of scope: named", "not acted on",
    ]  # fmt: skip
    table(header, rows, ratios=True)
    print("\nSpelling noised: accents and apostrophes dropped, two letters swapped in every message")
    noised = [understanding_row(variant.title, measured.noised, threshold) for variant, _, measured in found]
    table(header, noised, ratios=True)
    print(f"\n{DEFINITIONS}")


def understanding_row(title: str, rankings: list[Ranking], threshold: float) -> list[Cell]:
    s = score(held_out(), rankings, threshold)
    shares = (
        s.right, s.first_three, s.acted_right, s.confidently_wrong, s.right_when_acting, s.asked, s.wrongly_declined,
        s.out_of_scope_named, s.out_of_scope_not_acted,
    )  # fmt: skip
    return [title, *map(percent, shares)]


def print_pairs(found: Found) -> None:
    """How far chance alone could explain the differences."""
    messages = held_out()
    first = [is_right(m, r) for m, r in zip(messages, found[0][2].rankings, strict=True)]
    low, high = interval(sum(first) / len(first), len(first))
    print(f"\n{found[0][0].title}: right 95 % interval {percent(low):.1f}-{percent(high):.1f} %")
    for variant, _, measured in found[1:]:
        other = [is_right(m, r) for m, r in zip(messages, measured.rankings, strict=True)]
        only_first = sum(a and not b for a, b in zip(first, other, strict=True))
        only_other = sum(b and not a for a, b in zip(first, other, strict=True))
        print(f"{variant.title}: {only_first} messages only ours has right, {only_other} only this one")


def print_cost(found: Found) -> None:
    """Time and memory."""
    heading("What it takes: one message at a time, one thread; training with all cores")
    header = [
        "", "ms p50", "ms p95", "CPU ms", "MB resident", "of which Rasa", "load s", "train s", "train CPU s",
        "train peak MB", "trained",
    ]  # fmt: skip
    rows = [
        [
            variant.title,
            percentile(measured.milliseconds, 0.5), percentile(measured.milliseconds, 0.95), measured.cpu_milliseconds,
            measured.resident_mb, measured.rasa_mb, measured.load_seconds,
            trained.cost.seconds, trained.cost.cpu_seconds, trained.cost.peak_mb,
            trained.cost.when + (" (vectors kept)" if trained.cost.vectors_kept else ""),
        ]
        for variant, trained, measured in found
    ]  # fmt: skip
    table(header, rows, ratios=True)
    print("Models are trained once for each state of their inputs: the last column says when.")


def print_details(rankings: list[Ranking], threshold: float) -> dict[str, Any]:
    """The first variant in detail."""
    messages = held_out()
    heading("Ours: is the confidence true?")
    bins = reliability(messages, rankings)
    table(
        ["confidence", "messages", "mean confidence %", "right %"],
        [[f"{b.low:.1f}-{b.high:.1f}", b.messages, percent(b.confidence), percent(b.right)] for b in bins],
    )
    print(f"expected calibration error: {calibration_error(bins):.3f}")
    heading("Ours: by length of message")
    lengths = by_length(messages, rankings, threshold)
    table(
        ["", "messages", "right %", "first three %", "acted right %", "confidently wrong %", "asked %"],
        [
            [title, s.messages, *map(percent, (s.right, s.first_three, s.acted_right, s.confidently_wrong, s.asked))]
            for title, s in lengths
        ],
    )
    heading(f"Ours: the {CONFUSIONS} most frequent confusions")
    confused = confusions(messages, rankings, threshold, CONFUSIONS)
    table(["meant", "understood", "times", "acted on"], confused)
    asked = score(messages, rankings, threshold).asked_with_right_offered
    print(
        f"\nWhen it asks about a message in scope, the right intent is among the first three in {percent(asked):.0f} %."
    )
    return {
        "reliability": [asdict(b) for b in bins],
        "by_length": {title: asdict(s) for title, s in lengths},
        "confusions": confused,
    }


def print_when_where() -> dict[str, Any]:
    """Days, hours and places, where the project has them."""
    heading("Days, hours and places")
    read = list(when_where.read_all())
    if read:
        names: tuple[when_where.Verdict, ...] = ("right", "asked back", "asked amiss", "missed", "silently wrong")
        rows: list[list[Cell]] = []
        for reading in read:
            shares = [percent(reading.verdicts[name] / reading.messages) for name in names]
            fine = percent((reading.verdicts["right"] + reading.verdicts["asked back"]) / reading.messages)
            rows.append([reading.name, reading.messages, fine, *shares, reading.verdicts["silently wrong"]])
        table(["%", "messages", "right or asked back", *names, "silently wrong, count"], rows)
        print(when_where.DEFINITIONS)
    return {reading.name: dict(reading.verdicts) for reading in read}


if __name__ == "__main__":
    main()
