from __future__ import annotations

from rapport.demo.catalogue import CATEGORIES, COLOURS, ITEMS, choices, items_of


def test_keys_and_skus_are_unique():
    assert len({item.key for item in ITEMS}) == len(ITEMS)
    skus = [choice.sku for item in ITEMS for choice in choices(item)]
    assert len(set(skus)) == len(skus)


def test_every_category_has_products_and_every_product_a_category():
    assert {item.category for item in ITEMS} == set(CATEGORIES)
    assert all(items_of(key) for key in CATEGORIES)


def test_names_are_unique_in_each_language():
    assert len({item.en for item in ITEMS}) == len({item.zh for item in ITEMS}) == len(ITEMS)


def test_colours_are_known_and_clothing_costs_the_same_in_every_size():
    for item in ITEMS:
        assert set(item.colours) <= set(COLOURS)
        if CATEGORIES[item.category].clothing:  # the policy exchanges sizes at the same price
            assert len({choice.price_minor for choice in choices(item)}) == 1


def test_description():
    choice = next(each for item in ITEMS if item.key == "merino-sweater" for each in choices(item))
    assert choice.description("en") == "Merino sweater, XS, charcoal"
    assert choice.description("zh") == "美利奴羊毛衫，XS，炭灰"
    assert choice.options == {"size": "XS", "colour": "charcoal"}
    plain = next(each for item in ITEMS if item.key == "bath-mat" for each in choices(item))
    assert plain.options == {"colour": "white"}
