"""A fix for Rasa 3.6: it checks its own JSON schema again at every action call, 110 of 115 ms.

``RemoteAction._validate_action_result`` calls ``jsonschema.validate``, which checks the (constant) schema against its
meta-schema before it checks the result. Here the checked validator is kept; the result is validated as before.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

import jsonschema
from jsonschema import exceptions, validators

_KEPT = 16
_original = validators.validate
_validators: OrderedDict[str, Any] = OrderedDict()


def validate(instance: Any, schema: Any, cls: Any = None, *args: Any, **kwargs: Any) -> None:
    """As ``jsonschema.validate``, but each schema is checked and built once.

    :raises jsonschema.ValidationError: when the instance doesn't fit.
    :raises jsonschema.SchemaError: when the schema itself is wrong.
    """
    if cls is not None or args or kwargs:
        _original(instance, schema, cls, *args, **kwargs)
        return
    try:
        # By content: Rasa builds the dictionary anew at every call, so its identity says nothing.
        key = json.dumps(schema, sort_keys=True)
    except (TypeError, ValueError):
        _original(instance, schema)
        return
    validator = _validators.get(key)
    if validator is None:
        kind = validators.validator_for(schema)
        kind.check_schema(schema)
        validator = kind(json.loads(key))
        _validators[key] = validator
        while len(_validators) > _KEPT:
            _validators.popitem(last=False)
    error = exceptions.best_match(validator.iter_errors(instance))
    if error is not None:
        raise error


def install() -> None:
    """Put ``validate`` in the place Rasa looks it up, at each call, in ``jsonschema``; doing it twice is harmless."""
    jsonschema.validate = validate
    validators.validate = validate
