"""How well the assistant finds, and refrains from, answers: the demo shop's articles, questions nobody tuned on.

Thresholds are set on the half of ``benchmarks/data/faq_questions.yml`` called calibration; every figure is of the half
called test. Beside ours: BM25 alone and the nearest passage alone, each with a threshold set in the same way.

    python -m benchmarks.faq_quality
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from knowledge import evaluation
from knowledge.articles import import_articles
from knowledge.calibration import TARGET
from knowledge.questions import file_sha256, read_questions
from knowledge.training import train
from nlp_models import encoders
from rapport.store import Store, schema

from .record import record

ROOT = Path(__file__).resolve().parent.parent
ARTICLES = ROOT / "shops" / "demo" / "articles"
QUESTIONS = ROOT / "benchmarks" / "data" / "faq_questions.yml"
TARGETS = (0.05, 0.10, 0.15, 0.20, 0.30)
NOTES = (
    "Shares of the test half as [value, low, high, n], 95% Wilson intervals; auroc with a bootstrap interval and n = "
    "[answerable, unanswerable]. top1/top3: of answerable questions, whether or not answered. answered_right: of all "
    "answerable. offered_in_3: the right article is said or among the three offered. false_answers and "
    "offered_for_nothing: of unanswerable questions. targets: our other operating points by the share of false answers "
    "allowed on the calibration half. thresholds: [answer from, offer from] by language asked>language of the article."
)


def compact(figures: dict[str, Any]) -> dict[str, Any]:
    """``[value, low, high, n]`` for each figure."""
    return {
        name: [one if one is None else round(one, 4) for one in (figure["value"], figure["low"], figure["high"])]
        + [figure["n"]]
        if isinstance(figure, dict)
        else round(figure, 4)
        for name, figure in figures.items()
    }


def measure() -> dict[str, Any]:
    """All figures, in a store and an index of their own."""
    encoder = encoders.load()
    questions = read_questions(QUESTIONS)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/store.sqlite")
        schema.upgrade(store)
        imported = import_articles(store, ARTICLES)
        encoder.encode(["warm"])
        started = time.perf_counter()
        trained = train(store, encoder, Path(folder) / "index", QUESTIONS)
        seconds = time.perf_counter() - started
        store.close()
    systems = evaluation.evaluate(trained.index, encoder, questions)
    languages = list(systems["fused"])
    figures: dict[str, Any] = {
        language: {name: compact(by_language[language]) for name, by_language in systems.items()}
        for language in languages
    }
    figures["targets"] = {language: {} for language in languages}
    for target in TARGETS:
        ours = evaluation.evaluate(trained.index, encoder, questions, target)["fused"]
        for language in languages:
            kept = {name: ours[language][name] for name in ("answered_right", "wrong_among_answered", "false_answers")}
            figures["targets"][language][f"{target:.2f}"] = compact(kept)
    points = trained.calibration.points.items()
    figures["thresholds"] = {pair: [round(one.threshold, 4), round(one.suggest_from, 4)] for pair, one in points}
    figures["target_false_answers"] = TARGET
    figures["articles"], figures["passages"] = imported.kept, len(trained.index.passages)
    figures["index_and_calibration_s"] = round(seconds, 2)
    figures["questions_sha256"], figures["encoder"] = file_sha256(QUESTIONS), f"{encoder.name} {encoder.sha256}"
    return figures


def main() -> None:
    """Measure, print, write."""
    figures = measure()
    for language in ("en", "zh"):
        for system in ("fused", "bm25", "dense"):
            print(f"\n{language} {system}")
            for name, figure in figures[language][system].items():
                print(f"  {name:22}{figure}")
    print("\n[value, low, high, n]; thresholds for knowledge/defaults.py:", json.dumps(figures["thresholds"]))
    print(record("faq_quality", figures, NOTES))


if __name__ == "__main__":
    main()
