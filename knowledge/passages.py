"""What of an article is searched: its title, each question, each paragraph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from markdown_it import MarkdownIt

from rapport.store import Article

Kind = Literal["title", "question", "paragraph"]
MAX_PASSAGE = 1200  # characters; a longer paragraph is cut, because one vector cannot say more
SCHEME = 1  # change it when the same article gives other passages, so that stored indexes are rebuilt

_MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Passage:
    """One searchable piece of an article."""

    article_id: str
    key: str
    language: str
    kind: Kind
    text: str


def passages_of(article: Article) -> list[Passage]:
    """The passages of one article, at least one."""
    pieces: list[tuple[Kind, str]] = [("title", article.title)]
    pieces += [("question", str(question)) for question in article.questions]
    pieces += [("paragraph", text) for text in paragraphs(article.body)]
    seen: dict[str, Passage] = {}
    for kind, text in pieces:
        text = text.strip()[:MAX_PASSAGE]
        if text and text not in seen:
            seen[text] = Passage(article.id, article.key, article.language, kind, text)
    return list(seen.values())


def passages_of_all(articles: Iterable[Article]) -> list[Passage]:
    """The passages of all, grouped by language, so that one language is one range of rows."""
    return sorted((one for article in articles for one in passages_of(article)), key=lambda one: one.language)


def paragraphs(body: str) -> list[str]:
    """The top-level blocks of a Markdown text as plain text: a list or a table is one block, markup is dropped."""
    blocks: list[list[str]] = []
    depth = 0
    for token in _MARKDOWN.parse(body):
        if depth == 0 and token.nesting >= 0:
            blocks.append([])
        depth += token.nesting
        if token.type == "inline":
            words = [child.content or " " for child in token.children or [] if child.type != "html_inline"]
            blocks[-1].append("".join(words))
        elif token.type in ("code_block", "fence"):
            blocks[-1].append(token.content)
    return [text for block in blocks if (text := " ".join(" ".join(block).split()))]
