"""Training makes what is missing and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge import calibration
from knowledge.articles import import_articles
from knowledge.index import Index
from knowledge.training import train
from rapport.store import Problem, Store


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    rows = [{"language": "en", "text": f"zzz{n}", "key": None, "half": "calibration"} for n in range(20)]
    rows += [{"language": "en", "text": "wool shrink", "key": "wash-wool", "half": "calibration"}]
    rows += [{"language": "en", "text": "this is held back", "key": "gift-wrap", "half": "test"}]
    file = tmp_path / "questions.yml"
    file.write_text(yaml.safe_dump(rows), encoding="utf-8")
    return file


def test_only_what_changed_is_made_again(
    store: Store, articles: Path, encoder: Any, tmp_path: Path, questions: Path, write_article: Callable[..., Path]
) -> None:
    folder = tmp_path / "index"
    import_articles(store, articles)
    first = train(store, encoder, folder, questions)
    assert (first.rebuilt, first.recalibrated) == (True, True)
    assert first.calibration.points["en>en"].answerable == 1  # the test half was not looked at
    again = train(store, encoder, folder, questions)
    assert (again.rebuilt, again.recalibrated, again.index.version) == (False, False, first.index.version)
    forced = train(store, encoder, folder, questions, force=True)
    assert (forced.rebuilt, forced.recalibrated) == (True, True)
    questions.write_text(questions.read_text() + "- {language: en, text: x, key: null, half: calibration}\n")
    assert [(one.rebuilt, one.recalibrated) for one in [train(store, encoder, folder, questions)]] == [(False, True)]
    write_article(articles, "en", "gift-wrap", body="Silk.")
    import_articles(store, articles)
    assert [(one.rebuilt, one.recalibrated) for one in [train(store, encoder, folder, questions)]] == [(True, True)]


def test_a_damaged_index_or_calibration_is_repaired(
    sqlite_store: Store, articles: Path, encoder: Any, tmp_path: Path, questions: Path
) -> None:
    folder = tmp_path / "index"
    import_articles(sqlite_store, articles)
    first = train(sqlite_store, encoder, folder, questions)
    (folder / first.index.version / "passages.faiss").write_bytes(b"")
    (folder / calibration.FILE).write_bytes(b"")
    repaired = train(sqlite_store, encoder, folder, questions)
    assert (repaired.rebuilt, repaired.recalibrated) == (True, True)
    assert Index.load(folder, encoder).version == repaired.index.version
    assert calibration.load(folder, encoder) == repaired.calibration


@pytest.mark.parametrize(
    "content",
    ["{", "3", "- 3", "- {language: en}", "- {language: en, text: a, key: null, half: training}",
     "- {language: en, text: '', key: null, half: test}", "- {language: en, text: a, key: 3, half: test}"],
)  # fmt: skip
def test_a_bad_questions_file_is_a_problem(
    sqlite_store: Store, articles: Path, encoder: Any, tmp_path: Path, content: str
) -> None:
    import_articles(sqlite_store, articles)
    file = tmp_path / "questions.yml"
    file.write_text(content)
    with pytest.raises(Problem) as raised:
        train(sqlite_store, encoder, tmp_path / "index", file)
    assert raised.value.code == "questions"


def test_a_missing_questions_file_is_a_problem(
    sqlite_store: Store, articles: Path, encoder: Any, tmp_path: Path
) -> None:
    import_articles(sqlite_store, articles)
    with pytest.raises(Problem) as raised:
        train(sqlite_store, encoder, tmp_path / "index", tmp_path / "none.yml")
    assert raised.value.code == "questions_missing"
