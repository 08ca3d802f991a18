"""Building, storing and refusing indexes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge import indexfolder
from knowledge.articles import import_articles
from knowledge.index import Index, build, up_to_date
from knowledge.passages import passages_of_all
from rapport.store import Problem, Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "my index"


@pytest.fixture
def built(sqlite_store: Store, articles: Path, encoder: Any, folder: Path) -> Index:
    import_articles(sqlite_store, articles)
    return build(sqlite_store, encoder, folder)


def refused(folder: Path, encoder: Any) -> Problem:
    with pytest.raises(Problem) as raised:
        Index.load(folder, encoder)
    assert "rapport train" in raised.value.next_step
    return raised.value


def version_folder(folder: Path) -> Path:
    version = indexfolder.current_version(folder)
    assert version
    return folder / version


def test_built_then_loaded_is_the_same(store: Store, articles: Path, encoder: Any, folder: Path) -> None:
    import_articles(store, articles)
    built = build(store, encoder, folder)
    loaded = Index.load(folder, encoder)
    assert loaded.passages == built.passages
    assert (loaded.version, loaded.fingerprint) == (built.version, built.fingerprint)
    assert loaded.languages_of("gift-wrap") == ("en", "zh")
    vector = encoder.encode(["Where is my parcel?"])[0]
    assert loaded.passages[loaded.nearest(vector, 1)[0]].text == "Where is my parcel?"
    assert loaded.cosines(vector, loaded.rows_of("parcel-late", "en")).max() == pytest.approx(1, abs=1e-5)
    assert max(loaded.words("wool"), key=loaded.words("wool").__getitem__) == ("wash-wool", "en")


def test_up_to_date_follows_articles_and_encoder(
    store: Store, articles: Path, make_encoder: Any, folder: Path, write_article: Callable[..., Path]
) -> None:
    encoder = make_encoder()
    import_articles(store, articles)
    assert not up_to_date(store, encoder, folder)
    build(store, encoder, folder)
    calls = encoder.calls
    assert up_to_date(store, encoder, folder)
    assert encoder.calls == calls  # nothing is encoded to find out
    assert not up_to_date(store, make_encoder(sha256="b" * 64), folder)
    write_article(articles, "en", "gift-wrap", body="Silk.")
    import_articles(store, articles)
    assert not up_to_date(store, encoder, folder)
    build(store, encoder, folder)
    assert up_to_date(store, encoder, folder)
    (articles / "zh" / "gifts" / "gift-wrap.md").unlink()
    import_articles(store, articles)
    assert not up_to_date(store, encoder, folder)


def test_a_store_without_articles_is_refused(sqlite_store: Store, encoder: Any, folder: Path) -> None:
    with pytest.raises(Problem) as raised:
        build(sqlite_store, encoder, folder)
    assert raised.value.code == "no_articles"
    assert not folder.exists()


def test_no_index_is_refused(folder: Path, encoder: Any) -> None:
    assert refused(folder, encoder).code == "index_missing"
    folder.mkdir()
    assert refused(folder, encoder).code == "index_missing"


@pytest.mark.parametrize("change", [{"name": "other"}, {"sha256": "b" * 64}, {"dimension": 32}])
def test_another_encoder_is_refused(built: Index, folder: Path, make_encoder: Any, change: dict[str, Any]) -> None:
    problem = refused(folder, make_encoder(**change))
    assert problem.code == "index_encoder"
    assert "can't be compared" in problem.what


@pytest.mark.parametrize("name", ["passages.faiss", "passages.json", "meta.json"])
@pytest.mark.parametrize("fault", ["gone", "empty", "cut", "flipped"])
def test_a_damaged_file_is_refused(built: Index, folder: Path, encoder: Any, name: str, fault: str) -> None:
    file = version_folder(folder) / name
    content = file.read_bytes()
    middle = len(content) // 2
    if fault == "gone":
        file.unlink()
    else:
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        file.write_bytes({"empty": b"", "cut": content[:-7], "flipped": flipped}[fault])
    problem = refused(folder, encoder)
    assert problem.code == "index_corrupt"
    assert name in problem.what


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"../../etc abc", b"idx_nowhere " + b"0" * 64, b"idx_a/../b 0"])
def test_a_damaged_pointer_is_refused(built: Index, folder: Path, encoder: Any, content: bytes) -> None:
    (folder / indexfolder.POINTER).write_bytes(content)
    assert refused(folder, encoder).code == "index_corrupt"


@pytest.mark.parametrize(
    "change",
    [{"format": 99}, {"format": None}, {"passages.json": b"[{}]"}, {"passages.json": b"[]"}, {"passages.faiss": b"x"}],
)
def test_sound_files_that_make_no_sense_are_refused(
    built: Index, folder: Path, encoder: Any, change: dict[str, Any]
) -> None:
    """Whoever wrote them got the hashes right, so that the checks behind the hashes are reached."""
    old = version_folder(folder)
    meta = json.loads((old / "meta.json").read_text())
    files = {name: (old / name).read_bytes() for name in meta.pop("files")}
    for name, value in change.items():
        (files if name in files else meta)[name] = value
    indexfolder.write(folder, files, meta)
    assert refused(folder, encoder).code == "index_corrupt"


@pytest.mark.parametrize("at", ["passages.json", "meta.json", "current"])
def test_a_crash_while_building_leaves_the_old_index(
    built: Index, sqlite_store: Store, folder: Path, encoder: Any, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = indexfolder._write

    def dies(file: Path, content: bytes) -> None:
        if file.name == at or file.name.startswith(f".{at}-"):
            file.write_bytes(content[:10])
            raise OSError(28, "No space left on device")
        write(file, content)

    with monkeypatch.context() as patch:
        patch.setattr(indexfolder, "_write", dies)
        with pytest.raises(Problem) as raised:
            build(sqlite_store, encoder, folder)
    assert raised.value.code == "index_write"
    assert "No space left" in raised.value.what
    assert Index.load(folder, encoder).version == built.version
    assert not list(folder.glob(".building-*"))
    assert not list(folder.glob(".current-*"))


def test_what_a_killed_build_left_is_cleared_by_the_next(
    built: Index, sqlite_store: Store, folder: Path, encoder: Any
) -> None:
    (folder / ".building-dead").mkdir()
    (folder / ".building-dead" / "passages.faiss").write_bytes(b"half")
    assert Index.load(folder, encoder).version == built.version
    build(sqlite_store, encoder, folder)
    assert not (folder / ".building-dead").exists()


def test_only_the_current_and_the_last_version_are_kept(
    built: Index, sqlite_store: Store, folder: Path, encoder: Any
) -> None:
    second = build(sqlite_store, encoder, folder)
    third = build(sqlite_store, encoder, folder)
    assert {file.name for file in folder.glob("idx_*")} == {second.version, third.version}


def test_readers_always_find_a_whole_index_while_others_build(
    built: Index, sqlite_store: Store, folder: Path, make_encoder: Any
) -> None:
    errors: list[BaseException] = []
    seen: set[str] = set()
    done = threading.Event()

    def reads() -> None:
        try:
            while not done.is_set():
                index = Index.load(folder, make_encoder())
                assert len(index.passages) == len(built.passages)
                seen.add(index.version)
        except BaseException as error:
            errors.append(error)

    def builds() -> None:
        try:
            for _ in range(8):
                build(sqlite_store, make_encoder(), folder)
        except BaseException as error:
            errors.append(error)

    readers = [threading.Thread(target=reads) for _ in range(2)]
    builders = [threading.Thread(target=builds) for _ in range(2)]
    for thread in readers + builders:
        thread.start()
    for thread in builders:
        thread.join(60)
    done.set()
    for thread in readers:
        thread.join(60)
    assert errors == []
    assert len(seen) > 1


def test_an_unwritable_place_is_a_problem(sqlite_store: Store, articles: Path, encoder: Any, tmp_path: Path) -> None:
    import_articles(sqlite_store, articles)
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Problem) as raised:
        build(sqlite_store, encoder, tmp_path / "file" / "index")
    assert raised.value.code == "index_write"


def test_passages_of_an_article_are_adjacent(built: Index) -> None:
    for key, language in built.articles:
        rows = built.rows_of(key, language)
        assert list(rows) == list(range(rows[0], rows[0] + len(rows)))
    assert passages_of_all([]) == []
