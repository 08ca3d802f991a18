"""Import the serving half and use all of it; print what came with it and what it said.

Run in both environments: what is printed must be the same.
"""

import json
import sys

from nlp_models import encoders, entities, intent, language, products, sentiment

texts = json.loads(sys.argv[1])
encoder = encoders.load()
finder = entities.EntityFinder(r"MM\d{6}", [products.ProductName("P-1", {"en": "Linen duvet cover", "zh": "亚麻被套"})])
vectors = encoder.encode(texts)
result = {
    "python": list(sys.version_info[:2]),
    "heavy": sorted({"torch", "tensorflow", "sklearn", "pandas", "scipy", "rasa"} & set(sys.modules)),
    "vectors": vectors.tolist(),
    "languages": [list(language.identify(text)) for text in texts],
    "sentiments": [list(sentiment.analyse(text, language.detect(text))) for text in texts],
    "entities": [[list(entity) for entity in finder.find(text)] for text in texts],
}
if len(sys.argv) > 2:
    from pathlib import Path

    model = intent.IntentModel.load(Path(sys.argv[2]))
    model.check_encoder(encoder)
    result["intents"] = [model.predict(text, vector) for text, vector in zip(texts, vectors)]  # noqa: B905
result["heavy_after"] = sorted({"torch", "tensorflow", "sklearn", "pandas"} & set(sys.modules))
print(json.dumps(result))
