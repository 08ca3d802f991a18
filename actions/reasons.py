"""What a complaint is about, and why a customer stayed away: word lists in both languages, read in order."""

from __future__ import annotations

import re

Lexicon = dict[str, re.Pattern[str]]


def _lexicon(**entries: tuple[str, str]) -> Lexicon:
    """A pattern per name; each entry is what to look for in English and in Chinese."""
    return {name: re.compile("|".join(both), re.IGNORECASE) for name, both in entries.items()}


COMPLAINTS = _lexicon(
    payment=(
        r"charged|overcharg|payment|refund|invoice|credit card|\bpaid\b",
        r"扣款|扣了|多收|退款|付款|发票|支付|重复收",
    ),
    service=(
        r"\brude|unfriendly|staff|customer service|support team|ignored|no (?:reply|answer)"
        r"|nobody (?:answers|replied|has replied)",
        r"客服|态度|没人(?:理|回)|不理|不回|服务(?:太|很)?差",
    ),
    delivery=(
        r"deliver|parcel|package|courier|shipping|shipment|\blate\b|missing|not arrived|lost|empty|crushed"
        r"|never (?:came|arrived)",
        r"快递|包裹|送货|物流|配送|晚了|没收到|未收到|少了|丢|空的|签收|压烂",
    ),
    quality=(
        r"broke|hole|torn|damag|faulty|defect|quality|stain|dirty|smell|fell apart|seam|\bzip|shrunk|shrank"
        r"|fad(?:ed|ing)|wore out|wrong (?:item|colou?r|size|article|length)",
        r"坏|破|洞|质量|次品|掉色|褪色|起球|味|脏|开线|缝线|变形|缩水|拉链|发错|有毛病|瑕疵|尺寸做错",
    ),
)

SEVERE = re.compile(
    r"lawyer|legal action|\bsue\b|police|fraud|scam|injur|allerg|burn|third time|again and again|consumer protection"
    r"|律师|起诉|报警|诈骗|骗子|受伤|过敏|烫伤|第三次|消费者协会|12315",
    re.IGNORECASE,
)

# The names are rapport.engagement.winback.REASONS.
STAYED_AWAY = _lexicon(
    choice=(
        r"elsewhere|competitor|another (?:shop|store|brand)|other (?:shop|store|brand)s?|local (?:shop|store)"
        r"|different (?:shop|store|brand)|switched|amazon|nothing new",
        r"别家|别的(?:店|牌子|平台|地方)|其他(?:店|平台|家)|换了.*牌|淘宝|京东|附近|没有新款",
    ),
    price=(
        r"expensive|pric(?:e|es|ey|y)\b|afford|costs?\b|too much money|money is tight|budget",
        r"贵|价格|涨价|买不起|手头紧|便宜|没钱|预算",
    ),
    fit=(
        r"\bsizes?\b|\bfit(?:s|ted)?\b|too (?:small|big|large|tight|short|long)\b",
        r"尺码|尺寸|太(?:大|小|紧|短|长)了|不合身",
    ),
    service=(
        r"\brude|unfriendly|customer service|staff|support|nobody (?:answered|replied)|hassle",
        r"客服|态度|服务|没人(?:理|回)|退货太麻烦",
    ),
    delivery=(
        r"\blate\b|slow|delay|took (?:forever|too long|ages|weeks)|delivery|shipping|waited",
        r"慢|延误|晚到|等了|等不|送货|配送|快递",
    ),
    quality=(
        r"quality|wore out|fell apart|came apart|lost (?:its|their) shape|shrunk|shrank|pilling|faded|broke|hole",
        r"质量|变形|起球|掉色|褪色|缩水|开线|缝线|坏|破",
    ),
    forgot=(r"forgot|slipped my mind", r"忘"),
    no_need=(
        r"(?:no|not|n't|nothing).{0,20}\bneed|need(?:ed)? nothing|enough|wardrobe is full|moved",
        r"不需要|没什么要买|够(?:穿|用|多)|用不着|搬家|不缺",
    ),
)

# A reason that is our fault may become a complaint, of the category of the same name.
FAULTS = frozenset({"quality", "delivery", "service"})


def _first(lexicon: Lexicon, text: str) -> str | None:
    return next((name for name, pattern in lexicon.items() if pattern.search(text)), None)


def complaint_category(text: str) -> str:
    """``payment``, ``service``, ``delivery``, ``quality``, else ``other``."""
    return _first(COMPLAINTS, text) or "other"


def says_what_happened(text: str) -> bool:
    """Whether a sentence already tells the trouble, and not only that there is one."""
    return _first(COMPLAINTS, text) is not None


def complaint_severity(text: str, sentiment_score: float | None) -> str:
    """``high`` for harm, threats of law, or very angry words; else ``normal``.

    :param sentiment_score: -1 to 1, or none.
    """
    if SEVERE.search(text) or (sentiment_score is not None and sentiment_score <= -0.8):
        return "high"
    return "normal"


def stayed_away(text: str) -> str:
    """One of ``rapport.engagement.winback.REASONS``; ``other`` when no word is known."""
    return _first(STAYED_AWAY, text) or "other"
