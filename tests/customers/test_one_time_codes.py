"""One-time codes: the right customer gets in; nobody else does or learns anything."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from rapport.customers import one_time_codes
from rapport.customers.identity import contact_of, masked, request_code, unlink, verify_code
from rapport.customers.one_time_codes import issue_code
from rapport.store import AuditEntry, Contact, Identity, OneTimeCode, Problem, Store
from tests.customers.people import ADA, ADA_ORDER, NOW, WANG, WANG_ORDER, Outbox, opened

EMAIL = "ada@example.com"


def who(store: Store, conversation_id: str) -> str | None:
    with store.read() as session:
        contact = contact_of(session, conversation_id)
        return None if contact is None else contact.id


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def ask(store: Store, conversation_id: str, outbox: Outbox, order: str = ADA_ORDER, email: str = EMAIL, **more) -> str:
    return request_code(store, conversation_id, order, email, outbox, 10, more.get("now", NOW))


def code_for(store: Store, conversation_id: str, outbox: Outbox, **more) -> str:
    ask(store, conversation_id, outbox, **more)
    return outbox.sent[-1].code


def test_the_right_pair_brings_a_code_to_the_address_on_file_and_the_code_links(shopful: Store, outbox: Outbox) -> None:
    conversation_id = opened(shopful, language="zh")
    assert ask(shopful, conversation_id, outbox) == "a***@example.com"
    (message,) = outbox.sent
    assert (message.to, message.language, message.minutes) == (EMAIL, "zh", 10)
    assert len(message.code) == 6 and message.code.isdigit()
    assert who(shopful, conversation_id) is None  # asking is no proof
    contact = verify_code(shopful, conversation_id, message.code, NOW)
    assert contact is not None and contact.id == ADA
    assert who(shopful, conversation_id) == ADA
    with shopful.read() as session:
        identity = session.scalars(select(Identity)).one()
        assert (identity.channel, identity.external_id) == ("web", conversation_id)
        assert (identity.verified_by, identity.contact_id) == ("one_time_code", ADA)
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.at, AuditEntry.id)).all()
        assert set(actions) == {"code.request", "identity.link"}


def test_what_people_really_type_is_understood(shopful: Store, outbox: Outbox) -> None:
    for order, email in (
        ("mm000001", "ADA@Example.com "),
        ("ＭＭ０００００１", "ada＠example.com"),
        (f" {ADA_ORDER} ", EMAIL),
    ):
        conversation_id = opened(shopful)
        code = code_for(shopful, conversation_id, outbox, order=order, email=email)
        typed = f" {code[:3]}-{code[3:]} ".translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
        assert verify_code(shopful, conversation_id, typed, NOW) is not None


def test_the_code_is_kept_as_a_salted_hash_only(shopful: Store, outbox: Outbox) -> None:
    first, second = opened(shopful), opened(shopful)
    codes = [code_for(shopful, first, outbox), code_for(shopful, second, outbox)]
    with shopful.read() as session:
        rows = session.scalars(select(OneTimeCode)).all()
        assert all(code not in row.code_hash for code in codes for row in rows)
        assert len({row.code_hash.partition(":")[0] for row in rows}) == 2
        audited = [str(entry.details) for entry in session.scalars(select(AuditEntry))]
    assert not any(code in text for code in codes for text in audited)


STRANGERS = {
    "wrong address for a real order": (ADA_ORDER, "eve@example.com"),
    "another customer's address": (ADA_ORDER, "wang@example.cn"),
    "a real address, no such order": ("MM999999", EMAIL),
    "an order of nobody's": ("MM000003", EMAIL),
    "a customer without an address, and none typed": ("MM000004", ""),
    "nothing": ("", ""),
    "wildcards": ("MM%", "%@example.com"),
    "injection": ("' OR 1=1 --", "' OR 1=1 --"),
    "NUL": ("MM\0", "ada\0@example.com"),
    "very long": ("M" * 5000, "a" * 5000 + "@example.com"),
}


def test_attack_a_wrong_pair_gets_nothing_and_no_sign_of_it(shopful: Store, outbox: Outbox) -> None:
    for name, (order, email) in STRANGERS.items():
        conversation_id = opened(shopful)
        assert ask(shopful, conversation_id, outbox, order=order, email=email) == masked(email), name
        assert outbox.sent == [], name
        assert verify_code(shopful, conversation_id, "000000", NOW) is None, name
        assert who(shopful, conversation_id) is None, name
    with shopful.read() as session:
        assert session.scalars(select(OneTimeCode)).all() == []


def test_attack_enumeration_gets_the_same_answer_for_the_same_kind_of_work(
    shopful: Store, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A match and a mismatch: equal text, one slow hash each, the same statements but for the one insert."""
    hashes: list[str] = []
    real = one_time_codes._digest
    monkeypatch.setattr(one_time_codes, "_digest", lambda code, salt: hashes.append(code) or real(code, salt))
    statements: list[str] = []
    event.listen(
        shopful.engine, "before_cursor_execute", lambda _c, _cur, statement, *_rest: statements.append(statement)
    )

    def observe(order: str, email: str) -> tuple[str, int, list[str]]:
        conversation_id = opened(shopful)
        hashes.clear()
        statements.clear()
        answer = ask(shopful, conversation_id, outbox, order=order, email=email)
        verify_code(shopful, conversation_id, "not one", NOW)
        before = list(statements)
        assert verify_code(shopful, conversation_id, "123456", NOW) is None or outbox.sent[-1].code == "123456"
        return answer, len(hashes), [text for text in before if "INSERT INTO one_time_code" not in text]

    match = observe(ADA_ORDER, EMAIL)
    mismatches = [
        observe("MM999999", EMAIL),  # no such order
        observe(WANG_ORDER, EMAIL),  # another's order
    ]
    assert mismatches == [match, match]
    assert match[1] == 2  # one on asking, one on guessing
    assert len(outbox.sent) == 1


def test_attack_own_code_is_no_oracle_for_another_customers_address(shopful: Store, outbox: Outbox) -> None:
    """Were earlier codes ended only by a right guess, their life would tell that the guess was right."""
    lives = []
    for email in ("wang@example.cn", "eve@example.com"):
        conversation_id = opened(shopful)
        own = code_for(shopful, conversation_id, outbox)
        ask(shopful, conversation_id, outbox, order=WANG_ORDER, email=email)
        lives.append(verify_code(shopful, conversation_id, own, NOW) is not None)
    assert lives == [False, False]


def test_attack_a_code_works_once(shopful: Store, outbox: Outbox) -> None:
    conversation_id = opened(shopful)
    code = code_for(shopful, conversation_id, outbox)
    assert verify_code(shopful, conversation_id, code, NOW) is not None
    assert verify_code(shopful, conversation_id, code, NOW) is None
    unlink(shopful, conversation_id, "customer", now=NOW)
    assert verify_code(shopful, conversation_id, code, NOW) is None
    assert who(shopful, conversation_id) is None


def test_attack_an_expired_code(shopful: Store, outbox: Outbox) -> None:
    conversation_id = opened(shopful)
    code = code_for(shopful, conversation_id, outbox)
    assert verify_code(shopful, conversation_id, code, NOW + timedelta(minutes=10)) is None
    assert verify_code(shopful, conversation_id, code, NOW + timedelta(minutes=10, seconds=-1)) is not None


def test_attack_a_code_of_another_conversation(shopful: Store, outbox: Outbox) -> None:
    conversation_id, other = opened(shopful), opened(shopful)
    code = code_for(shopful, conversation_id, outbox)
    assert verify_code(shopful, other, code, NOW) is None
    assert who(shopful, other) is None
    assert verify_code(shopful, conversation_id, code, NOW) is not None


def test_attack_an_older_code_dies_with_the_newer_request(shopful: Store, outbox: Outbox) -> None:
    conversation_id = opened(shopful)
    old = code_for(shopful, conversation_id, outbox)
    new = code_for(shopful, conversation_id, outbox, now=NOW + timedelta(seconds=30))
    later = NOW + timedelta(seconds=60)
    if old != new:
        assert verify_code(shopful, conversation_id, old, later) is None
    assert verify_code(shopful, conversation_id, new, later) is not None


def test_five_wrong_guesses_and_the_right_one_is_too_late(shopful: Store, outbox: Outbox) -> None:
    conversation_id = opened(shopful)
    code = code_for(shopful, conversation_id, outbox)
    for _ in range(5):
        assert verify_code(shopful, conversation_id, wrong(code), NOW) is None
    assert verify_code(shopful, conversation_id, code, NOW) is None


def test_four_wrong_guesses_leave_one(shopful: Store, outbox: Outbox) -> None:
    conversation_id = opened(shopful)
    code = code_for(shopful, conversation_id, outbox)
    for _ in range(4):
        assert verify_code(shopful, conversation_id, wrong(code), NOW) is None
    assert verify_code(shopful, conversation_id, code, NOW) is not None


def test_a_sentence_is_no_guess(shopful: Store, outbox: Outbox) -> None:
    conversation_id = opened(shopful)
    code = code_for(shopful, conversation_id, outbox)
    for text in ("I got no mail", "", "12345", "1234567", "١٢٣٤٥٦", "12345\0", "没收到"):
        assert verify_code(shopful, conversation_id, text, NOW) is None
    with shopful.read() as session:
        assert session.scalars(select(OneTimeCode.attempts)).one() == 0
    assert verify_code(shopful, conversation_id, code, NOW) is not None


def test_a_customer_gets_at_most_five_codes_an_hour_whatever_the_conversation(shopful: Store, outbox: Outbox) -> None:
    answers = {ask(shopful, opened(shopful), outbox) for _ in range(8)}
    assert len(outbox.sent) == 5
    assert answers == {"a***@example.com"}
    ask(shopful, opened(shopful), outbox, order=WANG_ORDER, email="wang@example.cn")
    assert outbox.sent[-1].to == "wang@example.cn"
    ask(shopful, opened(shopful), outbox, now=NOW + timedelta(minutes=61))
    assert len(outbox.sent) == 7


def test_a_message_handled_again_sends_one_code_and_takes_one_of_the_quota(shopful: Store, outbox: Outbox) -> None:
    conversation_id = opened(shopful)
    for attempt in range(6):
        again = NOW + timedelta(seconds=attempt)
        answer = issue_code(shopful, conversation_id, ADA_ORDER, EMAIL, outbox, 10, again, "msg_1")
        assert answer == "a***@example.com"
    (message,) = outbox.sent
    issue_code(shopful, opened(shopful), ADA_ORDER, EMAIL, outbox, 10, NOW, "msg_2")
    assert len(outbox.sent) == 2  # another message is another request, and the hour's quota is not used up
    assert verify_code(shopful, conversation_id, message.code, NOW) is not None  # the first code is still good
    with shopful.read() as session:
        requests = select(AuditEntry).where(AuditEntry.action == "code.request", AuditEntry.subject == conversation_id)
        assert len(session.scalars(requests).all()) == 1


def test_race_a_message_handled_by_two_at_once_sends_one_code(shopful: Store, outbox: Outbox) -> None:
    conversation_id = opened(shopful)
    barrier = threading.Barrier(4)

    def request(_number: int) -> None:
        barrier.wait()
        issue_code(shopful, conversation_id, ADA_ORDER, EMAIL, outbox, 10, NOW, "msg_1")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(request, range(4)))
    assert len(outbox.sent) == 1


def test_a_sender_that_fails_is_audited_and_not_told(shopful: Store) -> None:
    class Broken:
        def send(self, message: object) -> None:
            raise OSError(28, "No space left on device")

    conversation_id = opened(shopful)
    assert request_code(shopful, conversation_id, ADA_ORDER, EMAIL, Broken(), 10, NOW) == "a***@example.com"
    with shopful.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "code.send_failed")).one()
        assert entry.why == "OSError"


def test_another_customers_code_replaces_the_link(shopful: Store, outbox: Outbox) -> None:
    conversation_id = opened(shopful)
    verify_code(shopful, conversation_id, code_for(shopful, conversation_id, outbox), NOW)
    code = code_for(shopful, conversation_id, outbox, order=WANG_ORDER, email="wang@example.cn")
    assert who(shopful, conversation_id) == ADA
    verify_code(shopful, conversation_id, code, NOW)
    assert who(shopful, conversation_id) == WANG
    with shopful.read() as session:
        ended = session.scalars(select(Identity).where(Identity.contact_id == ADA)).one()
        assert ended.unlinked_at == NOW


def test_an_unknown_conversation_is_a_problem(shopful: Store, outbox: Outbox) -> None:
    for act in (
        lambda: ask(shopful, "cnv_none", outbox),
        lambda: verify_code(shopful, "cnv_none", "111111", NOW),
        lambda: unlink(shopful, "cnv_none", "customer"),
    ):
        with pytest.raises(Problem) as caught:
            act()
        assert caught.value.code == "conversation_unknown"


def test_race_parallel_guesses_never_exceed_five(
    shopful: Store, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation_id = opened(shopful)
    code = code_for(shopful, conversation_id, outbox)
    compared: list[str] = []
    real = one_time_codes._same

    def same(guess: str, stored: str) -> bool:
        if stored != one_time_codes.DECOY:
            compared.append(guess)
        return real(guess, stored)

    monkeypatch.setattr(one_time_codes, "_same", same)
    barrier = threading.Barrier(12)

    def guess(_number: int) -> Contact | None:
        barrier.wait()
        return verify_code(shopful, conversation_id, wrong(code), NOW)

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(guess, range(12))) == {None}
    assert len(compared) == 5
    with shopful.read() as session:
        assert session.scalars(select(OneTimeCode.attempts)).one() == 5
    assert verify_code(shopful, conversation_id, code, NOW) is None


def test_race_the_right_code_from_many_threads_is_used_once(shopful: Store, outbox: Outbox) -> None:
    conversation_id = opened(shopful)
    code = code_for(shopful, conversation_id, outbox)
    barrier = threading.Barrier(4)

    def guess(_number: int) -> bool:
        barrier.wait()
        return verify_code(shopful, conversation_id, code, NOW) is not None

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(guess, range(4))) == [False, False, False, True]
    with shopful.read() as session:
        assert len(session.scalars(select(Identity)).all()) == 1


def test_race_parallel_requests_stay_within_the_hours_limit(shopful: Store, outbox: Outbox) -> None:
    conversations = [opened(shopful) for _ in range(8)]
    barrier = threading.Barrier(8)

    def request(conversation_id: str) -> None:
        barrier.wait()
        ask(shopful, conversation_id, outbox)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(request, conversations))
    assert len(outbox.sent) == 5


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("ada@example.com", "a***@example.com"),
        ("A@B.C", "a***@b.c"),
        ("nonsense", "n***"),
        ("", "***"),
        ("a@b@c", "a***"),
        ("<img src=x>@evil.example", "<***"),
    ],
)
def test_masking(email: str, shown: str) -> None:
    assert masked(email) == shown
