"""What goes wrong with a model, in the house's one error shape."""

from __future__ import annotations

from collections.abc import Sequence


class ModelProblem(Exception):
    """An error meant for a person; the same fields as ``rapport.store.Problem``, which this package may not import.

    :param what: one sentence, naming the bad value.
    :param allowed: what would have been right; empty where there is no such list.
    :param next_step: what to do now, as a command where one helps.
    :param code: a stable machine-readable word, such as ``model_corrupt``.
    """

    def __init__(self, what: str, *, allowed: Sequence[str] = (), next_step: str = "", code: str = "model") -> None:
        super().__init__(what)
        self.what = what
        self.allowed = tuple(allowed)
        self.next_step = next_step
        self.code = code

    def as_dict(self) -> dict[str, object]:
        """``{"error": {code, what, allowed, next_step}}``."""
        return {
            "error": {"code": self.code, "what": self.what, "allowed": list(self.allowed), "next_step": self.next_step}
        }

    def __str__(self) -> str:
        parts = [self.what]
        if self.allowed:
            parts.append("Allowed: " + ", ".join(self.allowed) + ".")
        if self.next_step:
            parts.append(self.next_step)
        return " ".join(parts)
