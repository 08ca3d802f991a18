"""A metric's value as text and as HTML."""

from __future__ import annotations

from html import escape

from rapport.metrics import MetricValue


def facts(found: MetricValue) -> list[tuple[str, str]]:
    """What belongs beside the number, as label and text."""
    rows = []
    if found.interval is not None:
        rows.append(
            (
                f"{found.interval.level:.0%} interval",
                f"{found.interval.low * 100:.1f} to {found.interval.high * 100:.1f} % ({found.interval.method})",
            )
        )
    if found.unit == "share":
        rows.append(("n", f"{found.n:,} ({found.numerator:,} of {found.denominator:,})"))
    covered = "nothing to cover yet" if found.coverage is None else f"{found.coverage * 100:.1f} %"
    rows.append(("Coverage", f"{covered}: {found.coverage_of}"))
    rows.append(("Window", str(found.window)))
    rows.append(("Formula", found.formula))
    rows.append(("Caution", found.caution))
    return rows


def measure_text(found: MetricValue) -> str:
    """Plain text for a terminal or a reader."""
    lines = [f"{found.title}: {found.text()}"]
    if found.message:
        lines.append(found.message)
    lines += [f"  {label:12} {text}" for label, text in facts(found)]
    return "\n".join(lines)


def measure_html(found: MetricValue) -> str:
    """A small card in the page's own colours, light or dark."""
    rows = "".join(
        f'<tr style="background:none"><th scope="row" style="text-align:left;font-weight:600;padding:1px 12px 1px 0">'
        f'{escape(label)}</th><td style="text-align:left;padding:1px 0">{escape(text)}</td></tr>'
        for label, text in facts(found)
    )
    message = f"<p>{escape(found.message)}</p>" if found.message else ""
    return (
        '<div style="border-left:3px solid currentColor;padding:4px 12px;max-width:46em">'
        f"<div>{escape(found.title)}</div>"
        f'<div style="font-size:1.8em;font-weight:600;line-height:1.3">{escape(found.text())}</div>'
        f"<p>{escape(found.sentence)}</p>{message}"
        f'<table style="border-collapse:collapse;margin:0">{rows}</table></div>'
    )
