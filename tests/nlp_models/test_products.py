from __future__ import annotations

from pathlib import Path

import pytest

from nlp_models.problem import ModelProblem
from nlp_models.products import ProductMatcher, ProductName, read_products

CATALOGUE = [
    ProductName("P-1", {"en": "Linen duvet cover", "zh": "亚麻被套"}),
    ProductName("P-2", {"en": "Cotton duvet cover", "zh": "纯棉被套"}),
    ProductName("P-3", {"en": "Merino wool sweater", "zh": "美利奴羊毛衫"}),
    ProductName("P-4", {"en": "Waffle towel", "zh": "华夫格毛巾"}),
    ProductName("P-5", {"en": "Bath towel", "zh": "浴巾"}),
    ProductName("P-6", {"en": "Wool blanket", "zh": "羊毛毯"}),
]
MATCHER = ProductMatcher(CATALOGUE)


@pytest.mark.parametrize(
    ("text", "product", "written"),
    [
        ("the linen duvet covers are torn", "P-1", "linen duvet covers"),
        ("my Lnen duvet cver is torn", "P-1", "Lnen duvet cver"),
        ("is the cotton duvet cover soft", "P-2", "cotton duvet cover"),
        ("the sweater in merino", "P-3", "sweater in merino"),
        ("我的亚麻被套破了", "P-1", "亚麻被套"),
        ("羊毛毯怎么洗", "P-6", "羊毛毯"),
        ("BATH TOWELS", "P-5", "BATH TOWELS"),
    ],
)
def test_named_in_part_or_with_mistakes(text: str, product: str, written: str) -> None:
    mentions = MATCHER.find(text)
    assert [(m.product, text[m.start : m.end]) for m in mentions] == [(product, written)]


@pytest.mark.parametrize("text", ["duvet cover", "被套", "towel", "where is my parcel", "wool", ""])
def test_what_fits_several_or_none_names_none(text: str) -> None:
    assert MATCHER.find(text) == []


def test_two_products_in_one_message() -> None:
    assert [m.product for m in MATCHER.find("one waffle towel and one wool blanket")] == ["P-4", "P-6"]


def test_parts_far_apart_are_not_a_name() -> None:
    assert MATCHER.find("linen is nice and so is what I sleep under every night, a cover") == []


def test_an_empty_catalogue() -> None:
    assert ProductMatcher([]).find("linen duvet cover") == []


def test_reading(tmp_path: Path) -> None:
    file = tmp_path / "products.json"
    file.write_text('[{"id": "P-1", "names": {"en": "Towel", "zh": ""}}]')
    assert read_products(file) == [ProductName("P-1", {"en": "Towel"})]


@pytest.mark.parametrize("content", ["{", '{"a": 1}', '[{"id": "x"}]', '["x"]', b"\xff\xfe"])
def test_a_broken_file_is_named_with_the_right_shape(tmp_path: Path, content: str | bytes) -> None:
    file = tmp_path / "products.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ModelProblem) as caught:
        read_products(file)
    assert str(file) in caught.value.what
    assert '"names"' in caught.value.allowed[0]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match=r"none\.json is missing"):
        read_products(tmp_path / "none.json")
