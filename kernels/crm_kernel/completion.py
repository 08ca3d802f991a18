"""Completion of ``%crm`` lines: metrics and flags."""

from __future__ import annotations

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from rapport.metrics import CATALOGUE

from .metric_magic import FLAGS


@context_matcher(identifier="crm_kernel")
def complete_crm(context: CompletionContext) -> SimpleMatcherResult:
    """Metrics until one stands there, and the flags."""
    words = context.line_with_cursor.lstrip().split(" ")
    if words[0] != "%crm" or len(words) < 2:
        return {"completions": [], "suppress": False}
    token = words[-1]
    chosen = any(word in CATALOGUE for word in words[1:-1])
    offers = [] if chosen else list(CATALOGUE)
    offers += [flag for flag in FLAGS if flag not in words[1:-1]]
    return {
        "completions": [SimpleCompletion(text=offer, type="crm") for offer in offers if offer.startswith(token)],
        "matched_fragment": token,
        "suppress": True,
    }
