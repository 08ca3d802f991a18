"""Train a small assistant with our components alone and use it; argument: an empty folder."""

import asyncio
import json
import sys
import tarfile
from pathlib import Path

folder = Path(sys.argv[1])

NLU = {
    "greet": "hello|good morning|hi there|hey|good evening|你好|早上好|您好|嗨|下午好",
    "order_status": "where is my order|where is my parcel|has my order shipped|track my package|when will it arrive"
    "|我的包裹在哪里|订单到哪了|我的快递到了吗|什么时候到货|发货了吗",
    "complain": "I want to complain|this is broken|the towel came torn|very bad quality|it arrived damaged"
    "|我要投诉|质量太差了|东西坏了|收到就是破的|毛巾有个洞",
}
lines = ['version: "3.1"', "nlu:"]
for intent, texts in NLU.items():
    lines += [f"- intent: {intent}", "  examples: |", *(f"    - {text}" for text in texts.split("|"))]
(folder / "nlu.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
(folder / "products.json").write_text(
    json.dumps([{"id": "P-1", "names": {"en": "Linen duvet cover", "zh": "亚麻被套"}}]), encoding="utf-8"
)
PIPELINE = """
recipe: default.v1
assistant_id: test
language: en
pipeline:
- name: assistant.components.language.LanguageComponent
- name: assistant.components.encoder.EncoderComponent
- name: assistant.components.entity.EntityComponent
  order_number_pattern: 'MM\\d{6}'
  products_file: PRODUCTS
- name: assistant.components.intent.IntentComponent
- name: assistant.components.sentiment.SentimentComponent
policies: []
"""
(folder / "config.yml").write_text(PIPELINE.replace("PRODUCTS", str(folder / "products.json")), encoding="utf-8")

from rasa.core.agent import Agent  # noqa: E402
from rasa.engine.graph import ExecutionContext, GraphSchema  # noqa: E402
from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: E402
from rasa.engine.storage.resource import Resource  # noqa: E402
from rasa.model_training import train_nlu  # noqa: E402
from rasa.shared.exceptions import InvalidConfigException  # noqa: E402
from rasa.shared.nlu.training_data.message import Message  # noqa: E402

from assistant.components.encoder import EncoderComponent  # noqa: E402
from assistant.components.entity import EntityComponent  # noqa: E402
from assistant.components.intent import IntentComponent  # noqa: E402
from assistant.components.language import LanguageComponent  # noqa: E402
from assistant.components.sentiment import SentimentComponent  # noqa: E402
from nlp_models import encoders  # noqa: E402
from nlp_models.problem import ModelProblem  # noqa: E402

result = {}
model = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder), fixed_model_name="test")
with tarfile.open(model) as archive:
    names = archive.getnames()
result["pickles"] = [name for name in names if name.endswith((".pkl", ".joblib", ".skops", ".pickle"))]
result["model_files"] = sorted(Path(name).name for name in names if "IntentComponent" in name)
agent = Agent.load(model)

calls = []
encoder = encoders.load()
original = encoder.encode
encoder.encode = lambda texts: calls.append(len(texts)) or original(texts)  # type: ignore[method-assign]


async def parse(texts):
    return {text: await agent.parse_message(text) for text in texts}


result["parsed"] = asyncio.run(
    parse(
        [
            "Where is my order mm 104233, the linen duvet cover? Where is my parcel? Terrible!",
            "我的订单MM104233里的亚麻被套到哪了",
            "quantum chromodynamics lattice theory",
            "MM104233",
            '/complain{"language":"zh"}',
            "/hello where is my order",
        ]
    )
)
result["encoded"] = list(calls)

# Components called directly: settings, shared encoder, intents already there, damaged models.
context = ExecutionContext(GraphSchema({}))
result["shared"] = (
    EncoderComponent({}).encoder is encoder and IntentComponent({}, None, Resource("x")).encoder is encoder  # type: ignore[arg-type]
)
refused = {}
for kind, config in [
    (LanguageComponent, {"treshold": 1}),
    (EncoderComponent, {"encoder": "bert"}),
    (IntentComponent, {"coverage": 97}),
    (IntentComponent, {"ranking_length": 0}),
    (SentimentComponent, {"model": "x"}),
    (EntityComponent, {"order_number_pattern": "MM["}),
]:
    try:
        kind.create(config, None, Resource("x"), context)
        refused[f"{kind.__name__} {config}"] = None
    except InvalidConfigException as error:
        refused[f"{kind.__name__} {config}"] = str(error)
result["refused"] = refused

# Incremental training loads what was trained and trains it again.
(folder / "storage").mkdir()
storage, metadata = LocalModelStorage.from_model_archive(folder / "storage", model)
resource = Resource(next(path.name for path in (folder / "storage").iterdir() if "IntentComponent" in path.name))
intent = IntentComponent.load({}, storage, resource, context)
with_intent = Message({"text": "hello", "intent": {"name": "complain", "confidence": 1.0}})
without = Message({"text": "hello"})
story = Message({"intent": "greet"})
intent.process([with_intent, without, story])
result["kept_intent"] = [with_intent.get("intent"), without.get("intent")["name"], story.get("intent")]
from rasa.shared.nlu.training_data.training_data import TrainingData  # noqa: E402

examples = [
    Message({"text": t, "intent": i}) for i, ts in {**NLU, "thanks": "thanks|谢谢"}.items() for t in ts.split("|")
]
intent.train(TrainingData(examples))
result["after_incremental"] = sorted(IntentComponent.load({}, storage, resource, context).model.labels)

with storage.read_from(resource) as stored:
    file = Path(stored) / "intent.npz"
    file.write_bytes(file.read_bytes()[:-10])
damaged = []
for wanted in (resource, Resource("never trained")):
    try:
        IntentComponent.load({}, storage, wanted, context)
    except ModelProblem as error:
        damaged.append(error.code)
result["damaged"] = damaged
before = EntityComponent.fingerprint_addon({"products_file": str(folder / "products.json")})
(folder / "products.json").write_text("[]", encoding="utf-8")
result["catalogue_is_an_input"] = before != EntityComponent.fingerprint_addon(
    {"products_file": str(folder / "products.json")}
)
print(json.dumps(result))
