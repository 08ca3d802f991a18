"""One-time codes: issued to an address on file, checked without telling a stranger anything."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from rapport.audit import record
from rapport.service.conversations import lock_conversation
from rapport.service.text import folded, number_forms
from rapport.store import AuditEntry, Contact, OneTimeCode, Order, Store, new_id

from .codes import CodeMessage, Sender

MAX_ATTEMPTS = 5  # per code
# Per contact, from any conversation: five guesses each leave a stranger who knows order and address
# 25 chances in a million an hour, and nobody's mailbox is flooded.
MAX_CODES_PER_HOUR = 5
CODE = re.compile(r"[0-9]{6}")
EMAIL = re.compile(r"[^@\s<>\"']{1,64}@[^@\s<>\"']{1,190}")
NOBODY = "nobody"  # an id no contact has: a mismatch asks the database the same questions

log = logging.getLogger(__name__)


def masked(email: str) -> str:
    """An address with all but its first letter and its domain hidden: ``a***@example.com``."""
    email = folded(email).lower()
    if not EMAIL.fullmatch(email):
        return f"{email[:1]}***"
    name, _, domain = email.partition("@")
    return f"{name[0]}***@{domain}"


def _digest(code: str, salt: bytes) -> bytes:
    # Slow on purpose (some 30 ms): six digits behind a fast hash are no secret from whoever reads the table.
    return hashlib.scrypt(code.encode(), salt=salt, n=2**13, r=8, p=1, dklen=32)


def _hashed(code: str) -> str:
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{_digest(code, salt).hex()}"


DECOY = f"{'0' * 32}:{'0' * 64}"  # what a guess is compared with when there is no code: the same work, never equal


def _same(code: str, stored: str) -> bool:
    salt, _, digest = stored.partition(":")
    return hmac.compare_digest(_digest(code, bytes.fromhex(salt)), bytes.fromhex(digest))


def _owner(session: Session, order_number: str, email: str) -> Contact | None:
    """The contact whose order and address these are."""
    contact = session.scalars(
        select(Contact).join(Order, Order.contact_id == Contact.id).where(Order.number.in_(number_forms(order_number)))
    ).first()
    on_file = contact.email if contact is not None and contact.email else ""
    typed = folded(email).lower()
    equal = hmac.compare_digest(on_file.lower().encode(), typed.encode())
    return contact if contact is not None and on_file and equal else None


def _may_have_one(session: Session, contact_id: str, now: datetime) -> bool:
    # The row is held so that parallel requests are counted one after the other.
    session.execute(select(Contact.id).where(Contact.id == contact_id).with_for_update(key_share=True))
    recent = session.scalar(
        select(func.count())
        .select_from(OneTimeCode)
        .where(OneTimeCode.contact_id == contact_id, OneTimeCode.created_at > now - timedelta(hours=1))
    )
    return (recent or 0) < MAX_CODES_PER_HOUR


def issue_code(
    store: Store,
    conversation_id: str,
    order_number: str,
    email: str,
    sender: Sender,
    minutes: int,
    now: datetime,
    message_id: str | None = None,
) -> str:
    """Make and send a code if order and address belong together; see ``identity.request_code``.

    :param message_id: the message that asks for it. Handled again, as after a crash of Rasa, it sends nothing and the
        first code stays good. Killed between the commit and the sending, no code goes out at all: rather than two,
        of which the customer would have to guess the newer.
    """
    # Hashed, because whoever talks to Rasa directly chooses the id.
    digest = None if message_id is None else hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()
    key = digest and f"code.request:{digest}"
    code = f"{secrets.randbelow(10**6):06d}"
    hashed = _hashed(code)  # before the transaction, so that it holds no lock meanwhile
    message: CodeMessage | None = None
    with store.write() as session:
        conversation = lock_conversation(session, conversation_id)  # retries of one message come in one by one
        if key and session.scalars(select(AuditEntry.id).where(AuditEntry.idempotency_key == key)).first():
            return masked(email)
        # Also when nothing matches: were it only on a match, someone with a code of their own could tell a right
        # guess at another's address by that code's end.
        session.execute(
            update(OneTimeCode)
            .where(OneTimeCode.conversation_id == conversation_id, OneTimeCode.expires_at > now)
            .values(expires_at=now)
        )
        owner = _owner(session, order_number, email)
        allowed = _may_have_one(session, owner.id if owner else NOBODY, now)
        if owner is not None and owner.email and allowed:
            row = OneTimeCode(
                id=new_id("otc"),
                conversation_id=conversation_id,
                contact_id=owner.id,
                code_hash=hashed,
                attempts=0,
                created_at=now,
                expires_at=now + timedelta(minutes=minutes),
            )
            session.add(row)
            message = CodeMessage(row.id, owner.email, code, conversation.language, minutes)
        record(
            session,
            "assistant",
            "code.request",
            conversation_id,
            details={"matched": owner is not None, "sent": message is not None},
            idempotency_key=key,
            at=now,
        )
    if message is not None:
        _send(store, conversation_id, sender, message, now)
    return masked(email)


def _send(store: Store, conversation_id: str, sender: Sender, message: CodeMessage, now: datetime) -> None:
    try:
        sender.send(message)
    except Exception as error:  # any: the customer must get the same answer whatever the sender does
        log.exception("the one-time code %s could not be sent", message.id)
        with store.write() as session:
            record(session, "assistant", "code.send_failed", conversation_id, type(error).__name__, at=now)


def check_code(store: Store, conversation_id: str, code: str, now: datetime) -> str | None:
    """Charge one attempt and compare.

    The attempt is counted and committed before the comparison, so parallel guesses cannot share one.

    :return: the id of the code's row if it is right; it is still to be marked as used.
    :raises Problem: ``conversation_unknown``.
    """
    code = re.sub(r"[\s-]", "", folded(code))
    with store.write() as session:
        lock_conversation(session, conversation_id)
        # What is not six digits cannot be right and costs no attempt: people answer in sentences, too.
        if not CODE.fullmatch(code):
            return None
        row = session.scalars(
            select(OneTimeCode)
            .where(
                OneTimeCode.conversation_id == conversation_id,
                OneTimeCode.used_at.is_(None),
                OneTimeCode.expires_at > now,
                OneTimeCode.attempts < MAX_ATTEMPTS,
            )
            .order_by(OneTimeCode.created_at.desc(), OneTimeCode.id.desc())
            .limit(1)
            .execution_options(populate_existing=True)
        ).first()
        if row is not None:
            row.attempts += 1
        stored, row_id = (DECOY, None) if row is None else (row.code_hash, row.id)
    return row_id if _same(code, stored) and row_id is not None else None
