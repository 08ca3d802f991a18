"""The dashboard without JavaScript: a sentence, an SVG figure and a table."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from html import escape

from .cube import ASKED, EMPTY, HELPED, OUTCOMES, Cube

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 220, 44, 12, 28
LANGUAGE_NAMES = {"en": "English", "zh": "中文", "und": "unknown"}
MOST_DAYS, MOST_WEEKS = 62, 430  # days drawn one by one; days drawn as weeks; beyond: months


def bucket_of(day: str, span: int) -> str:
    """The first day of the bar a day belongs to.

    :param span: days from the first to the last.
    """
    if span <= MOST_DAYS:
        return day
    at = date.fromisoformat(day)
    return (at - timedelta(days=at.weekday()) if span <= MOST_WEEKS else at.replace(day=1)).isoformat()


def bars(cube: Cube) -> list[tuple[str, Counter[str]]]:
    """Bars by date: the first day of each, and its turns by outcome. Days without turns are bars of nothing."""
    if not cube.turns:
        return []
    first, last = date.fromisoformat(cube.turns[0][0]), date.fromisoformat(cube.turns[-1][0])
    span = (last - first).days
    found: dict[str, Counter[str]] = {}
    for offset in range(span + 1):
        found.setdefault(bucket_of((first + timedelta(days=offset)).isoformat(), span), Counter())
    for day, _language, outcome, n in cube.turns:
        found[bucket_of(day, span)][outcome] += n
    return list(found.items())


def summary(cube: Cube) -> str:
    """What the figure says, as a sentence: its text alternative."""
    if not cube.turns:
        return EMPTY
    by_outcome: Counter[str] = Counter()
    for _day, _language, outcome, n in cube.turns:
        by_outcome[outcome] += n
    total = sum(by_outcome.values())
    asked = sum(by_outcome[outcome] for outcome in ASKED)
    helped = sum(by_outcome[outcome] for outcome in HELPED)
    answers = sum(row[2] for row in cube.ratings)
    good = sum(row[3] for row in cube.ratings)
    parts = [f"{total:,} customer {'turn' if total == 1 else 'turns'} from {cube.turns[0][0]} to {cube.turns[-1][0]}"]
    parts.append(f"{helped / asked:.0%} of {asked:,} that wanted something answered or done" if asked else "small talk")
    if answers:
        parts.append(f"CSAT {good / answers:.0%} of {answers:,} {'rating' if answers == 1 else 'ratings'}")
    else:
        parts.append("no ratings yet")
    return "; ".join(parts) + "."


def svg(cube: Cube) -> str:
    """Stacked bars per day: turns by outcome. Colours come from the style sheet."""
    drawn = bars(cube)
    if not drawn:
        return ""
    top = max(sum(counts.values()) for _, counts in drawn)
    step = (WIDTH - LEFT) / len(drawn)
    plot = HEIGHT - TOP - BOTTOM
    shapes = []
    for value in sorted({0, top // 2, top}):
        y = TOP + plot - plot * value / top
        shapes.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        shapes.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>')
    for index, (day, counts) in enumerate(drawn):
        floor, width = float(TOP + plot), min(max(1.0, step * 0.8), 48.0)
        x = LEFT + index * step + (step - width) / 2
        for outcome in OUTCOMES:
            if counts[outcome]:
                height = plot * counts[outcome] / top
                floor -= height
                shapes.append(
                    f'<rect class="o-{outcome}" x="{x:.1f}" y="{floor:.1f}" width="{width:.1f}" height="{height:.1f}">'
                    f"<title>{day} {_words(outcome)}: {counts[outcome]}</title></rect>"
                )
    ends = {0: "start", len(drawn) - 1: "end"} if len(drawn) > 1 else {0: "middle"}
    for index, anchor in ends.items():
        at = {"start": LEFT, "end": WIDTH, "middle": (LEFT + WIDTH) // 2}[anchor]
        shapes.append(f'<text x="{at}" y="{HEIGHT - 8}" text-anchor="{anchor}">{drawn[index][0]}</text>')
    return (
        f'<svg class="crm-figure" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(summary(cube))}">'
        f"{''.join(shapes)}</svg>"
    )


def legend(cube: Cube) -> str:
    """The outcomes that occur, each with its colour and its number."""
    total: Counter[str] = Counter()
    for _day, _language, outcome, n in cube.turns:
        total[outcome] += n
    items = "".join(
        f'<li><span class="swatch o-{outcome}" aria-hidden="true"></span>{_words(outcome)} {total[outcome]:,}</li>'
        for outcome in OUTCOMES
        if total[outcome]
    )
    return f'<ul class="crm-legend">{items}</ul>'


def table(cube: Cube) -> str:
    """The same numbers per bar, language by language in total."""
    drawn = bars(cube)
    used = [outcome for outcome in OUTCOMES if any(counts[outcome] for _, counts in drawn)]
    head = "".join(f'<th scope="col">{_words(outcome)}</th>' for outcome in used)
    body = "".join(
        f'<tr><th scope="row">{day}</th>' + "".join(f"<td>{counts[outcome]:,}</td>" for outcome in used) + "</tr>"
        for day, counts in drawn
        if counts
    )
    languages: Counter[str] = Counter()
    for _day, language, _outcome, n in cube.turns:
        languages[language] += n
    spoken = ", ".join(f"{LANGUAGE_NAMES.get(code, code)} {n:,}" for code, n in sorted(languages.items()))
    return (
        '<details class="crm-table"><summary>Numbers as a table</summary>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Turns by date and outcome">'
        "<table><caption>Customer turns by date (UTC) and outcome. "
        f'By language: {escape(spoken)}.</caption><thead><tr><th scope="col">from</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></details>"
    )


def _words(outcome: str) -> str:
    return escape(outcome.replace("_", " "))
