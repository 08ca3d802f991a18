"""Training an intent model: logistic regression, calibrated and given its threshold by cross-validation."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from nlp_models import ngrams
from nlp_models.encoders.base import Encoder
from nlp_models.intent import IntentModel, IntentSettings
from nlp_models.language import detect
from nlp_models.problem import ModelProblem

COVERAGE = 0.97
NGRAM_WEIGHT = 0.6
STRENGTH = 10.0  # scikit-learn's C; 3 to 30 gave the same accuracy within 0.5 points on CLINC150
_VARIANCE = 0.99
_ENOUGH = 20  # out-of-fold examples; fewer say nothing about calibration
_TEMPERATURES = np.geomspace(0.2, 5.0, 129)
Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]


def train(
    examples: Sequence[tuple[str, str]],
    encoder: Encoder,
    *,
    coverage: float = COVERAGE,
    folds: int = 5,
    seed: int = 7,
) -> IntentModel:
    """An intent model from (text, intent) pairs in any of the encoder's languages.

    Texts that are the same but for case, width and spaces count once; where two intents claim one text the first keeps
    it and ``settings.figures["conflicts"]`` names it. Temperature and threshold come from out-of-fold predictions: the
    threshold keeps ``coverage`` of the in-scope examples. The same input and seed give the same model.

    :param coverage: share of in-scope messages to answer, 0.5 to 1.
    :param folds: of the cross-validation; intents with a single example are always in the training part.
    :raises ModelProblem: with fewer than two intents, or a coverage outside its range.
    """
    if not 0.5 <= coverage <= 1:
        raise ModelProblem(f"The coverage {coverage} is out of range.", allowed=["0.5 to 1"], code="coverage")
    texts, intents, conflicts = _distinct(examples)
    labels = tuple(sorted(set(intents)))
    if len(labels) < 2:
        raise ModelProblem(
            f"An intent model needs examples of at least two intents; there {'is' if len(labels) == 1 else 'are'} "
            f"{len(labels)}.",
            next_step="Add examples to assistant/data/nlu/.",
            code="too_few_intents",
        )
    target = np.array([labels.index(intent) for intent in intents], dtype=np.int64)
    with threadpool_limits(1):  # two threads on a busy machine are slower than one
        features = _features(texts, encoder)
        scores, basis = _rotate(features)
        logits, held = _out_of_fold(scores, target, len(labels), folds, seed)
        temperature = _temperature(logits, target[held])
        probabilities = _softmax(logits / temperature)
        best = probabilities.max(axis=1)
        threshold = float(np.quantile(best, 1 - coverage)) if len(best) else 0.0
        coefficients, bias = _fit(scores, target, len(labels))
        weights = basis @ coefficients
    figures = _figures(probabilities, target[held], threshold, [detect(texts[i]) for i in held])
    wrong = Counter(
        (labels[a], labels[b]) for a, b in zip(target[held], probabilities.argmax(axis=1), strict=True) if a != b
    )
    figures["confused"] = [[a, b, n] for (a, b), n in wrong.most_common(5)]
    figures |= {"examples": len(texts), "intents": len(labels), "folds": folds, "seed": seed, "conflicts": conflicts}
    settings = IntentSettings(
        labels=labels,
        temperature=temperature,
        threshold=threshold,
        coverage=coverage,
        ngram_weight=NGRAM_WEIGHT,
        encoder=encoder.name,
        encoder_sha256=encoder.sha256,
        figures=figures,
    )
    return IntentModel(weights.astype(np.float32), bias.astype(np.float32), settings)


def _distinct(examples: Sequence[tuple[str, str]]) -> tuple[list[str], list[str], list[str]]:
    kept: dict[str, tuple[str, str]] = {}
    conflicts = []
    for text, intent in examples:
        key = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
        if not key:
            continue
        if key in kept and kept[key][1] != intent:
            conflicts.append(f"{text!r} is an example of {kept[key][1]} and of {intent}")
        kept.setdefault(key, (text, intent))
    return [text for text, _ in kept.values()], [intent for _, intent in kept.values()], conflicts


def _features(texts: Sequence[str], encoder: Encoder) -> Floats:
    """Shape (n, dimension + BUCKETS), the n-grams' part already weighted."""
    found = np.zeros((len(texts), encoder.dimension + ngrams.BUCKETS), dtype=np.float32)
    found[:, : encoder.dimension] = encoder.encode(list(texts))
    for row, text in enumerate(texts):
        index, values = ngrams.buckets(text)
        found[row, encoder.dimension + index] = NGRAM_WEIGHT * values
    return found.astype(np.float64)


def _rotate(features: Floats) -> tuple[Floats, Floats]:
    """The features in fewer dimensions, and the basis that leads back.

    A model with an L2 penalty is the same in any rotation, and examples span few directions of 4,608: six fits take
    seconds instead of half a minute. Directions beyond 99% of the variance are dropped. No label is looked at.
    """
    few = len(features) <= features.shape[1]
    size, vectors = np.linalg.eigh(features @ features.T if few else features.T @ features)
    order = np.argsort(-size)
    kept = min(int(np.searchsorted(np.cumsum(size[order]) / size.sum(), _VARIANCE)) + 1, int((size > 1e-8).sum()))
    order = order[: max(kept, 1)]
    if few:
        root = np.sqrt(size[order])
        return vectors[:, order] * root, features.T @ (vectors[:, order] / root)
    return features @ vectors[:, order], vectors[:, order]


def _fit(scores: Floats, target: Integers, count: int) -> tuple[Floats, Floats]:
    """Coefficients, shape (dimensions, count), and bias; intents that are not in ``target`` get none."""
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=1000, tol=1e-3)
    model.fit(scores, target)
    coefficients, bias = np.zeros((scores.shape[1], count)), np.full(count, -30.0)
    if len(model.classes_) == 2:
        coefficients[:, model.classes_[1]] = model.coef_[0]
        bias[model.classes_] = (0.0, float(model.intercept_[0]))
    else:
        coefficients[:, model.classes_] = model.coef_.T
        bias[model.classes_] = model.intercept_
    return coefficients, bias


def _out_of_fold(scores: Floats, target: Integers, count: int, folds: int, seed: int) -> tuple[Floats, Integers]:
    """Logits of each example by a model that has not seen it, and which examples those are."""
    random = np.random.default_rng(seed)
    where: dict[int, list[int]] = defaultdict(list)
    for row, label in enumerate(target):
        where[int(label)].append(row)
    fold = np.full(len(target), -1)
    for rows in where.values():
        if len(rows) > 1:
            fold[random.permutation(rows)] = (np.arange(len(rows)) + random.integers(folds)) % folds
    logits = np.zeros((len(target), count))
    for number in range(folds):
        out = fold == number
        if out.any() and len(set(target[~out])) > 1:
            coefficients, bias = _fit(scores[~out], target[~out], count)
            logits[out] = scores[out] @ coefficients + bias
        else:
            fold[out] = -1
    held = np.flatnonzero(fold >= 0)
    return logits[held], held


def _temperature(logits: Floats, target: Integers) -> float:
    """The divisor of the logits under which the right answers are most likely.

    As in Platt's method a little of each answer, 1 in n + 2, is held to be another one: where every example came out
    right the likelihood alone would call for endless confidence.
    """
    if len(target) < _ENOUGH:
        return 1.0
    rows, doubt = np.arange(len(target)), 1 / (len(target) + 2)
    losses = []
    for temperature in _TEMPERATURES:
        logs = np.log(_softmax(logits / temperature) + 1e-12)
        right = logs[rows, target]
        others = (logs.sum(axis=1) - right) / (logits.shape[1] - 1)
        losses.append(-((1 - doubt) * right + doubt * others).mean())
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _softmax(logits: Floats) -> Floats:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _figures(
    probabilities: Floats, target: Integers, threshold: float, languages: Sequence[str | None]
) -> dict[str, Any]:
    if not len(target):
        return {}
    best, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == target
    known = best >= threshold
    bins = np.minimum((best * 10).astype(int), 9)
    calibration = sum(abs(right[bins == b].mean() - best[bins == b].mean()) * (bins == b).mean() for b in set(bins))
    by_language = {
        code: round(float(right[[language == code for language in languages]].mean()), 4)
        for code, n in Counter(languages).items()
        if code and n
    }
    return {
        "accuracy": round(float(right.mean()), 4),
        "accuracy_by_language": by_language,
        "accuracy_of_known": round(float(right[known].mean()), 4),
        "coverage": round(float(known.mean()), 4),
        "calibration_error": round(float(calibration), 4),
    }
