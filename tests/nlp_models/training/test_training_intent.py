from __future__ import annotations

import numpy as np
import pytest

from nlp_models import encoders
from nlp_models.problem import ModelProblem
from nlp_models.training.intent import _rotate, train

EXAMPLES = [
    (text, intent)
    for intent, texts in {
        "greet": "hello|good morning|hi there|hey|good evening|你好|早上好|您好|嗨|下午好",
        "order_status": "where is my order|where is my parcel|has my order shipped|track my package|when will it arrive"
        "|我的包裹在哪里|订单到哪了|我的快递到了吗|什么时候到货|发货了吗",
        "complain": "I want to complain|this is broken|the towel came torn|very bad quality|it arrived damaged"
        "|我要投诉|质量太差了|东西坏了|收到就是破的|毛巾有个洞",
    }.items()
    for text in texts.split("|")
]


@pytest.fixture(scope="module")
def encoder() -> encoders.Encoder:
    return encoders.load()


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("could you tell me where my delivery is", "order_status"),
        ("我的订单现在在哪里", "order_status"),
        ("it is damaged and I want to make a complaint", "complain"),
        ("晚上好", "greet"),
    ],
)
def test_learns_both_languages_at_once(encoder: encoders.Encoder, text: str, intent: str) -> None:
    model = train(EXAMPLES, encoder)
    assert model.predict(text, encoder.encode([text])[0])[0][0] == intent


def test_figures_come_from_examples_the_model_had_not_seen(encoder: encoders.Encoder) -> None:
    shuffled = [text for text, _ in EXAMPLES]
    np.random.default_rng(3).shuffle(shuffled)
    nonsense = train(list(zip(shuffled, [intent for _, intent in EXAMPLES], strict=True)), encoder)
    sense = train(EXAMPLES, encoder)
    assert nonsense.settings.figures["accuracy"] < 0.6 < 0.85 < sense.settings.figures["accuracy"]
    assert set(sense.settings.figures["accuracy_by_language"]) == {"en", "zh"}
    assert sense.settings.figures["examples"] == 30


def test_threshold_keeps_the_stated_share(encoder: encoders.Encoder) -> None:
    strict, lax = train(EXAMPLES, encoder, coverage=0.5), train(EXAMPLES, encoder, coverage=1.0)
    assert strict.settings.figures["coverage"] == pytest.approx(0.5, abs=0.04)
    assert lax.settings.figures["coverage"] == 1
    assert lax.threshold < strict.threshold


def test_the_same_input_gives_the_same_model(encoder: encoders.Encoder) -> None:
    one, other = train(EXAMPLES, encoder), train(EXAMPLES, encoder)
    np.testing.assert_array_equal(one.weights, other.weights)
    assert one.settings == other.settings


def test_repeats_count_once_and_conflicts_are_named(encoder: encoders.Encoder) -> None:
    model = train([*EXAMPLES, ("  HELLO ", "greet"), ("Hello", "complain"), ("", "greet")], encoder)
    assert model.settings.figures["examples"] == 30
    assert model.settings.figures["conflicts"] == ["'Hello' is an example of greet and of complain"]


def test_two_intents_and_single_examples_are_enough(encoder: encoders.Encoder) -> None:
    model = train([("hello", "greet"), ("你好", "greet"), ("where is my order", "order_status")], encoder)
    assert model.predict("hello", encoder.encode(["hello"])[0])[0][0] == "greet"
    assert train([("hello", "a"), ("bye", "b")], encoder).settings.temperature == 1


@pytest.mark.parametrize("examples", [[], [("hello", "greet"), ("hi", "greet")]])
def test_fewer_than_two_intents_are_refused(encoder: encoders.Encoder, examples: list[tuple[str, str]]) -> None:
    with pytest.raises(ModelProblem) as caught:
        train(examples, encoder)
    assert caught.value.code == "too_few_intents"


def test_a_coverage_out_of_range_is_refused(encoder: encoders.Encoder) -> None:
    with pytest.raises(ModelProblem, match=r"0\.5 to 1"):
        train(EXAMPLES, encoder, coverage=97)


@pytest.mark.parametrize("shape", [(30, 50), (50, 30)])
def test_fewer_dimensions_lose_nothing_that_matters(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(5)
    features = random.normal(size=(shape[0], 4)) @ random.normal(size=(4, shape[1]))
    scores, basis = _rotate(features)
    assert scores.shape[1] <= 4
    np.testing.assert_allclose(scores, features @ basis, atol=1e-8)
    lost = np.square(features - scores @ basis.T).sum() / np.square(features).sum()
    assert lost < 0.011
