"""The serving half says the same in the assistant's environment as here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_models import encoders
from nlp_models.training.intent import train

TEXTS = [
    "Where is my linen duvet cover? Order mm 104233, I'm very disappointed",
    "我的亚麻被套破了，订单MM104233，非常失望",
    "ok",
    "anna@example.com 123456",
    "Ça va? 你好 😀",
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An intent model trained here, in the main environment."""
    folder = tmp_path_factory.mktemp("model")
    examples = [
        ("where is my order", "status"),
        ("订单到哪了", "status"),
        ("it is torn", "complain"),
        ("破了", "complain"),
    ]
    train(examples, encoders.load()).save(folder)
    return folder


@pytest.fixture(scope="module")
def both(root: Path, run: Any, model: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What scripts/serving_half.py prints in the assistant's environment and in ours."""
    texts = json.dumps(TEXTS)
    there = run("serving_half", texts, model)
    script = Path(__file__).parent / "scripts" / "serving_half.py"
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, script, texts, model]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return there, json.loads(done.stdout)


def test_it_runs_on_python_3_10(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert both[0]["python"] == [3, 10]
    assert both[1]["python"] == list(sys.version_info[:2])


def test_it_needs_no_training_library(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    for answers in both:
        assert answers["heavy"] == []
        assert answers["heavy_after"] == []


def test_vectors_are_the_same(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    there, here = (np.array(answers["vectors"]) for answers in both)
    assert there.shape == (len(TEXTS), 512)
    np.testing.assert_allclose(there, here, atol=1e-5)


@pytest.mark.parametrize("what", ["languages", "sentiments", "entities"])
def test_findings_are_the_same(both: tuple[dict[str, Any], dict[str, Any]], what: str) -> None:
    assert both[0][what] == both[1][what]


def test_a_model_trained_here_serves_there(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    for there, here in zip(both[0]["intents"], both[1]["intents"], strict=True):
        assert [name for name, _ in there] == [name for name, _ in here]
        np.testing.assert_allclose([p for _, p in there], [p for _, p in here], atol=1e-5)
