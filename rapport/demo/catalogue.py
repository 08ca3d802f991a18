"""What Maple & Moss sells: categories, products and their variants, in both languages.

Gift cards and made-to-measure curtains are left out: the ones come by e-mail, the others have no variants.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Category:
    """A group of products.

    :param weight: how often it is bought, before taste and season.
    :param winter: factor from October to February; its inverse from June to August.
    :param returned: share of delivered lines that come back.
    :param clothing: whether people buy their size.
    :param home: home textiles: often bought in several pieces.
    """

    key: str
    weight: float
    winter: float
    returned: float
    clothing: bool = False
    home: bool = False


@dataclass(frozen=True)
class Item:
    """A product. ``sizes`` are (label, surcharge in euro cents) or empty; ``colours`` are keys of COLOURS."""

    key: str
    en: str
    zh: str
    category: str
    price_minor: int
    sizes: tuple[tuple[str, int], ...]
    colours: tuple[str, ...]
    popularity: float


@dataclass(frozen=True)
class Choice:
    """A variant: an item in one size and colour."""

    item: Item
    sku: str
    size: str
    colour: str
    price_minor: int

    @property
    def options(self) -> dict[str, str]:
        """The options as the store keeps them."""
        return {key: value for key, value in (("size", self.size), ("colour", self.colour)) if value}

    def description(self, language: str) -> str:
        """How an order line names it."""
        colour = COLOURS[self.colour] if language == "zh" and self.colour else self.colour
        name, comma = (self.item.zh, "，") if language == "zh" else (self.item.en, ", ")
        return comma.join(part for part in (name, self.size, colour) if part)


COLOURS = {
    "moss": "苔绿", "maple": "枫红", "oat": "燕麦色", "charcoal": "炭灰", "navy": "藏青", "white": "白色",
    "clay": "陶土色", "sky": "天蓝", "sand": "沙色", "black": "黑色", "rose": "豆沙粉", "mustard": "姜黄",
}  # fmt: skip

CATEGORIES = {
    category.key: category
    for category in (
        Category("tops", 1.5, 0.9, 0.17, clothing=True),
        Category("knitwear", 1.1, 1.7, 0.18, clothing=True),
        Category("trousers", 0.9, 1.0, 0.21, clothing=True),
        Category("dresses", 0.7, 0.7, 0.22, clothing=True),
        Category("outerwear", 0.5, 1.8, 0.20, clothing=True),
        Category("basics", 1.0, 1.0, 0.04, clothing=True),
        Category("bedding", 1.0, 1.0, 0.09, home=True),
        Category("bath", 1.1, 0.9, 0.06, home=True),
        Category("curtains", 0.4, 1.0, 0.11, home=True),
        Category("living", 0.9, 1.3, 0.07, home=True),
        Category("kitchen", 0.7, 1.0, 0.05, home=True),
    )
}

BODY = ("XS", "S", "M", "L", "XL", "XXL")
_BODY = tuple((label, 0) for label in BODY)
_SOCKS = (("35-38", 0), ("39-42", 0), ("43-46", 0))
_DUVET = (("135x200 cm", 0), ("155x220 cm", 1000), ("200x200 cm", 2500), ("200x230 cm", 3500))
_SHEET = (("90x200 cm", 0), ("140x200 cm", 700), ("160x200 cm", 1000), ("180x200 cm", 1400))
_PILLOW = (("40x80 cm", 0), ("48x74 cm", 100), ("80x80 cm", 300))
_CURTAIN = (("140x175 cm", 0), ("140x245 cm", 1500))
_TABLE = (("140x180 cm", 0), ("140x240 cm", 1200))


def _item(line: str, sizes: tuple[tuple[str, int], ...]) -> Item:
    key, en, zh, category, price, popularity, *colours = line.split("|")
    return Item(key, en, zh, category, int(price), sizes, tuple(colours), float(popularity))


ITEMS = tuple(
    _item(line, sizes)
    for sizes, lines in (
        (
            _BODY,
            """
            organic-t-shirt|Organic cotton T-shirt|有机棉T恤|tops|2490|3|white|black|moss|sky
            striped-t-shirt|Striped long-sleeve T-shirt|条纹长袖T恤|tops|3490|2|navy|maple
            linen-shirt|Linen shirt|亚麻衬衫|tops|6990|2|white|sand|sky
            flannel-shirt|Flannel shirt|法兰绒衬衫|tops|5990|1.5|maple|moss|navy
            cotton-blouse|Cotton blouse|纯棉女式衬衫|tops|5490|1.2|white|rose
            sweatshirt|Soft sweatshirt|柔软卫衣|tops|5990|1.5|oat|charcoal|moss
            merino-sweater|Merino sweater|美利奴羊毛衫|knitwear|8990|2.5|charcoal|moss|maple|oat
            lambswool-cardigan|Lambswool cardigan|羊羔毛开衫|knitwear|9990|1.6|oat|navy|rose
            cable-knit-jumper|Cable-knit jumper|麻花针织毛衣|knitwear|7900|1.8|oat|maple|mustard
            roll-neck-sweater|Fine roll-neck sweater|细针高领毛衣|knitwear|6990|1.4|black|charcoal|clay
            knitted-vest|Knitted vest|针织背心|knitwear|5490|0.8|moss|oat
            chinos|Cotton chinos|纯棉休闲裤|trousers|6990|2|sand|navy|moss
            linen-trousers|Wide linen trousers|亚麻阔腿裤|trousers|7490|1.3|sand|black|clay
            corduroy-trousers|Corduroy trousers|灯芯绒长裤|trousers|7990|1.2|maple|charcoal
            lounge-trousers|Lounge trousers|家居长裤|trousers|4490|1.4|charcoal|moss
            linen-dress|Linen dress|亚麻连衣裙|dresses|8990|1.5|sky|clay|white
            jersey-dress|Jersey dress|针织棉连衣裙|dresses|6490|1.5|black|moss|rose
            shirt-dress|Belted shirt dress|系带衬衫裙|dresses|7990|1|navy|sand
            wool-coat|Wool coat|羊毛大衣|outerwear|19900|1.2|charcoal|oat|maple
            rain-jacket|Rain jacket|防雨夹克|outerwear|12900|1.3|moss|navy|mustard
            quilted-jacket|Quilted jacket|绗缝夹克|outerwear|11900|1.3|moss|black
            pyjamas|Cotton pyjamas|纯棉睡衣套装|basics|5990|1.2|navy|rose
            briefs-3-pack|Briefs, pack of 3|内裤三条装|basics|2790|1.5|white|black
            """,
        ),
        (
            _SOCKS,
            """
            wool-socks|Wool socks, pack of 2|羊毛袜两双装|basics|1990|2.5|charcoal|moss|maple
            cotton-socks|Cotton socks, pack of 5|棉袜五双装|basics|2290|2|white|black|navy
            """,
        ),
        (
            _DUVET,
            """
            linen-duvet-cover|Linen duvet cover|亚麻被套|bedding|9900|1.2|oat|sky|moss
            percale-duvet-cover|Percale duvet cover|高支纯棉被套|bedding|5990|2|white|navy|rose
            flannel-duvet-cover|Flannel duvet cover|磨毛被套|bedding|6490|1|maple|charcoal
            """,
        ),
        (
            _SHEET,
            """
            fitted-sheet|Jersey fitted sheet|针织棉床笠|bedding|2490|2|white|sand|charcoal
            """,
        ),
        (
            _PILLOW,
            """
            pillowcase|Percale pillowcase|高支纯棉枕套|bedding|1490|2|white|navy|rose
            """,
        ),
        (
            _CURTAIN,
            """
            linen-curtain|Linen curtain|亚麻窗帘|curtains|5990|1.3|white|oat|moss
            blackout-curtain|Blackout curtain|遮光窗帘|curtains|6990|1|charcoal|navy
            """,
        ),
        (
            _TABLE,
            """
            tablecloth|Linen tablecloth|亚麻桌布|kitchen|5490|1|white|oat|maple
            """,
        ),
        (
            (),
            """
            hand-towel|Hand towel|毛巾|bath|1290|2.5|white|moss|clay|sky
            bath-towel|Bath towel|浴巾|bath|2490|2.5|white|moss|clay|sky
            bath-mat|Bath mat|浴室地垫|bath|2290|1|white|charcoal
            waffle-bathrobe|Waffle bathrobe|华夫格浴袍|bath|6990|0.7|white|oat
            wool-throw|Wool throw|羊毛盖毯|living|8990|1.3|maple|moss|oat
            cotton-throw|Cotton throw|棉线盖毯|living|4990|1.2|mustard|sky|sand
            cushion-cover|Cushion cover|抱枕套|living|1990|2|moss|maple|mustard|clay
            tea-towels|Tea towels, set of 3|茶巾三条装|kitchen|1790|2|white|maple|moss
            napkins|Linen napkins, set of 4|亚麻餐巾四条装|kitchen|2990|1.2|oat|clay
            apron|Kitchen apron|围裙|kitchen|3290|0.9|charcoal|moss
            """,
        ),
    )
    for line in lines.strip().splitlines()
    for line in [line.strip()]
)


@cache
def choices(item: Item) -> tuple[Choice, ...]:
    """All variants of an item, sizes first."""
    number = 1001 + ITEMS.index(item)
    found = []
    for at, (size, surcharge) in enumerate(item.sizes or (("", 0),)):
        for colour in item.colours or ("",):
            sku = "-".join(part for part in (f"MM{number}", f"S{at + 1}" if size else "", colour.upper()) if part)
            found.append(Choice(item, sku, size, colour, item.price_minor + surcharge))
    return tuple(found)


@cache
def items_of(category: str) -> tuple[Item, ...]:
    """The items of a category."""
    return tuple(item for item in ITEMS if item.category == category)
