"""Rasa's own check of action results, before and after our fix."""

import json
import time

import jsonschema
from jsonschema import validators
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import EndpointConfig

RESULT = {
    "events": [{"event": "slot", "name": "language", "value": "zh", "timestamp": None}],
    "responses": [{"text": "hi"}],
}
action = RemoteAction("action_x", EndpointConfig("http://127.0.0.1:1/webhook"))
validator_class = validators.validator_for(action.action_response_format_spec())
checks = []
original_check = validator_class.check_schema.__func__


def counted(cls, schema, *args, **kwargs):
    checks.append(schema)
    return original_check(cls, schema, *args, **kwargs)


validator_class.check_schema = classmethod(counted)


def timed(times):
    start = time.perf_counter()
    for _ in range(times):
        assert action._validate_action_result(json.loads(json.dumps(RESULT)))
    return (time.perf_counter() - start) * 1000 / times


result = {"before_ms": timed(3), "before_checks": len(checks)}
checks.clear()

import assistant.components  # noqa: E402, F401 - the import is what is tested

result["installed"] = jsonschema.validate.__module__
assert action._validate_action_result(RESULT)
result["after_ms"] = timed(20)
result["after_checks"] = len(checks)

refused = {}
for name, bad in {
    "not an object": [],
    "events is no list": {"events": "x"},
    "an event without a name": {"events": [{"event": "slot"}]},
    "an unknown event": {"events": [{"event": "nonsense"}]},
    "responses of texts": {"events": [], "responses": ["hi"]},
}.items():
    try:
        action._validate_action_result(bad)
        refused[name] = None
    except jsonschema.ValidationError as error:
        refused[name] = error.message
result["refused"] = refused
print(json.dumps(result))
