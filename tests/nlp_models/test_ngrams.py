from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_models import ngrams

EXPECTED = [431, 1533, 2390, 3509, 3791, 4056]  # <hi hi> <hi> 退 货 退货


@given(st.text())
def test_a_sorted_unit_vector(text: str) -> None:
    index, values = ngrams.buckets(text)
    assert (np.diff(index) > 0).all()
    assert ((index >= 0) & (index < ngrams.BUCKETS)).all()
    assert len(index) == 0 or float(values @ values) == pytest.approx(1, abs=1e-4)


def test_what_differs_between_writers_is_left_out() -> None:
    one, other = ngrams.buckets("Order MM104233 from a@b.de"), ngrams.buckets("order ＭＭ999111 FROM info@shop.example")
    np.testing.assert_array_equal(one[0], other[0])


def test_buckets_stay_where_trained_models_expect_them() -> None:
    """A change here makes every stored intent model wrong: raise nlp_models.intent.FORMAT with it."""
    assert ngrams.buckets("hi 退货")[0].tolist() == EXPECTED
