"""The shop-signed token: good ones link, and every bad one is refused alike."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import jwt
import pytest
from sqlalchemy import select

from rapport.customers.identity import contact_of, is_over, link, link_by_token, unlink
from rapport.customers.login import Login, read_token
from rapport.store import AuditEntry, Conversation, Identity, Problem, Store
from tests.customers.people import ADA, NOW, WANG, opened

KEY = "k" * 48
EXPIRES = int((NOW + timedelta(minutes=5)).timestamp())


def token(key: str = KEY, algorithm: str = "HS256", **claims: object) -> str:
    return jwt.encode({"sub": "A-1", "exp": EXPIRES, **claims}, key, algorithm)


def part(data: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def who(store: Store, conversation_id: str) -> str | None:
    with store.read() as session:
        contact = contact_of(session, conversation_id)
        return None if contact is None else contact.id


def refused(store: Store, conversation_id: str, text: str) -> str:
    with pytest.raises(Problem) as caught:
        link_by_token(store, conversation_id, text, KEY, NOW)
    assert who(store, conversation_id) is None
    return caught.value.code


def test_a_good_token_links_and_is_audited_without_itself(shopful: Store) -> None:
    conversation_id = opened(shopful)
    text = token(jti="one")
    assert link_by_token(shopful, conversation_id, text, KEY, NOW).id == ADA
    assert who(shopful, conversation_id) == ADA
    with shopful.read() as session:
        assert session.scalars(select(Identity.verified_by)).one() == "shop_token"
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "identity.link")).one()
        assert (entry.actor, entry.subject) == (f"customer:{ADA}", conversation_id)


def test_the_same_token_again_changes_nothing(shopful: Store) -> None:
    conversation_id = opened(shopful)
    for _ in range(3):
        link_by_token(shopful, conversation_id, token(jti="one"), KEY, NOW)
    with shopful.read() as session:
        assert len(session.scalars(select(Identity)).all()) == 1
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "identity.link")).all()) == 1


def test_attack_a_copied_token_with_a_number_is_refused_elsewhere(shopful: Store) -> None:
    first, other = opened(shopful), opened(shopful)
    link_by_token(shopful, first, token(jti="one"), KEY, NOW)
    assert refused(shopful, other, token(jti="one")) == "login_token_used"
    link_by_token(shopful, other, token(jti="x" * 1000), KEY, NOW)


def test_attack_expired(shopful: Store) -> None:
    conversation_id = opened(shopful)
    assert refused(shopful, conversation_id, token(exp=int(NOW.timestamp()))) == "login_token_expired"
    assert refused(shopful, conversation_id, token(exp=0)) == "login_token_expired"


def tampered() -> str:
    header, _, signature = token().split(".")
    return f"{header}.{part({'sub': 'A-2', 'exp': EXPIRES})}.{signature}"


def unsigned(algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part({'sub': 'A-1', 'exp': EXPIRES})}."


BAD = {
    "tampered": tampered(),
    "none": unsigned("none"),
    "None": unsigned("None"),
    "nOnE": unsigned("nOnE"),
    "none by the library": jwt.encode({"sub": "A-1", "exp": EXPIRES}, None, "none"),
    "another key": token(key="x" * 48),
    "another algorithm": token(key=KEY * 2, algorithm="HS512"),
    "same key, HS384": token(algorithm="HS384"),
    "no signature": token().rpartition(".")[0] + ".",
    "no end": jwt.encode({"sub": "A-1"}, KEY, "HS256"),
    "no customer": jwt.encode({"exp": EXPIRES}, KEY, "HS256"),
    "empty customer": token(sub=""),
    "end is infinite": token(exp=float("inf")),
    "end is true": token(exp=True),
    "end is text": token(exp="never"),
    "end is null": token(exp=None),
    "not yet": token(nbf=EXPIRES),
    "for someone else": token(aud="another-service"),
    "number is a list": token(jti=["a"]),
    "empty": "",
    "words": "not a token",
    "dots": "..",
    "not ascii": "é.é.é",
    "huge": token(pad="x" * 5000),
}


def signed_by_hand(claims: object) -> str:
    """What the library would refuse to encode, signed with the right key."""
    text = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(text.encode(), KEY.encode())
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize("name", BAD)
def test_attack_bad_tokens_are_refused_alike(name: str) -> None:
    with pytest.raises(Problem) as caught:
        read_token(BAD[name], KEY, NOW)
    assert (caught.value.code, caught.value.what) == ("login_token", "The login token is not valid.")


@pytest.mark.parametrize("sub", [1, None, ["A-1"], {"$ne": ""}, True], ids=repr)
def test_attack_a_customer_number_that_is_no_text(sub: object) -> None:
    with pytest.raises(Problem) as caught:
        read_token(signed_by_hand({"sub": sub, "exp": EXPIRES}), KEY, NOW)
    assert caught.value.code == "login_token"


def test_attack_claims_that_are_no_object() -> None:
    for claims in ([], "A-1", 1, None):
        with pytest.raises(Problem) as caught:
            read_token(signed_by_hand(claims), KEY, NOW)
        assert caught.value.code == "login_token"


def test_a_token_signed_by_hand_is_good_if_its_claims_are() -> None:
    """So that the refusals above are for their claims, not for a broken signature."""
    assert read_token(signed_by_hand({"sub": "A-1", "exp": EXPIRES}), KEY, NOW) == Login("A-1", None)


def test_attack_bad_tokens_link_nobody(shopful: Store) -> None:
    conversation_id = opened(shopful)
    for name in ("tampered", "none", "another key", "no end"):
        assert refused(shopful, conversation_id, BAD[name]) == "login_token"


@pytest.mark.parametrize("key", ["", "short", "k" * 31])
def test_a_weak_key_trusts_nobody(key: str) -> None:
    with pytest.raises(Problem) as caught:
        read_token(token(), key, NOW)
    assert caught.value.code == "secret_missing"


def test_an_unknown_customer_and_an_unknown_conversation(shopful: Store) -> None:
    assert refused(shopful, opened(shopful), token(sub="A-99")) == "customer_unknown"
    assert refused(shopful, opened(shopful), token(sub="A-1\0")) == "customer_unknown"
    with pytest.raises(Problem) as caught:
        link_by_token(shopful, "cnv_none", token(), KEY, NOW)
    assert caught.value.code == "conversation_unknown"


def test_attack_another_customers_sign_in_never_takes_over_a_conversation(shopful: Store) -> None:
    """What was said to the first one is still in it, also after they have signed out."""
    conversation_id = opened(shopful)
    link_by_token(shopful, conversation_id, token(), KEY, NOW)
    for _ in range(2):
        with pytest.raises(Problem) as caught:
            link_by_token(shopful, conversation_id, token(sub="A-2", jti="fresh"), KEY, NOW)
        assert caught.value.code == "session_other"
        assert who(shopful, conversation_id) != WANG
        unlink(shopful, conversation_id, "customer", now=NOW)
    link_by_token(shopful, opened(shopful), token(sub="A-2", jti="fresh"), KEY, NOW)  # the token was not used up


def test_a_conversation_is_over_from_its_unlinking_until_a_new_proof(shopful: Store) -> None:
    conversation_id, other = opened(shopful), opened(shopful)

    def over() -> bool:
        with shopful.read() as session:
            assert not is_over(session, other)
            return is_over(session, conversation_id)

    assert not over()
    link_by_token(shopful, conversation_id, token(), KEY, NOW)
    assert not over()
    unlink(shopful, conversation_id, "customer", now=NOW)
    assert over()
    link_by_token(shopful, conversation_id, token(), KEY, NOW)
    assert not over()


def test_unlinking_ends_the_proof_keeps_the_row_and_can_be_made_good(shopful: Store) -> None:
    conversation_id = opened(shopful)
    link_by_token(shopful, conversation_id, token(), KEY, NOW)
    assert unlink(shopful, conversation_id, "customer", "signed out", NOW) is True
    assert unlink(shopful, conversation_id, "customer", "signed out", NOW) is False
    assert who(shopful, conversation_id) is None
    with shopful.read() as session:
        assert session.scalars(select(Identity)).one().unlinked_at == NOW
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "identity.unlink")).all()
        assert [entry.why for entry in entries] == ["signed out"]
    link_by_token(shopful, conversation_id, token(), KEY, NOW)
    assert who(shopful, conversation_id) == ADA


def test_a_contact_written_into_the_conversation_is_no_proof(shopful: Store) -> None:
    conversation_id, other = opened(shopful), opened(shopful)
    link_by_token(shopful, other, token(), KEY, NOW)
    with shopful.write() as session:
        session.get_one(Conversation, conversation_id).contact_id = ADA
    assert who(shopful, conversation_id) is None
    assert who(shopful, "cnv_none") is None
    assert who(shopful, "cnv_\0") is None


def test_an_undone_proof_stays_undone_when_the_contact_is_written_back(shopful: Store) -> None:
    conversation_id = opened(shopful)
    link_by_token(shopful, conversation_id, token(), KEY, NOW)
    unlink(shopful, conversation_id, "customer", now=NOW)
    with shopful.write() as session:
        session.get_one(Conversation, conversation_id).contact_id = ADA
    assert who(shopful, conversation_id) is None


def test_a_platform_account_is_a_proof_on_its_platform(shopful: Store) -> None:
    first, second = opened(shopful, "slack"), opened(shopful, "slack")
    for conversation_id in (first, second):
        with shopful.write() as session:
            link(session, conversation_id, ADA, "platform", NOW, external_id="U123")
    assert who(shopful, first) == who(shopful, second) == ADA
    with shopful.read() as session:
        assert session.scalars(select(Identity.external_id)).one() == "U123"


def test_links_need_a_known_proof_and_a_known_contact(shopful: Store) -> None:
    conversation_id = opened(shopful)
    for contact, proof, code in ((ADA, "a hunch", "identity_proof"), ("cus_none", "platform", "customer_unknown")):
        with pytest.raises(Problem) as caught, shopful.write() as session:
            link(session, conversation_id, contact, proof, NOW)
        assert caught.value.code == code
