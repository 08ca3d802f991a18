"""Who is in a conversation: by proof only, and undone on request."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from rapport.audit import record
from rapport.service.conversations import lock_conversation
from rapport.service.text import storable
from rapport.store import AuditEntry, Contact, Conversation, Identity, OneTimeCode, Problem, Store, new_id, utcnow

from .codes import Sender
from .login import read_token
from .one_time_codes import check_code, issue_code, masked

__all__ = ["contact_of", "is_over", "link", "link_by_token", "masked", "request_code", "unlink", "verify_code"]

PROOFS = ("shop_token", "one_time_code", "platform")


def contact_of(session: Session, conversation_id: str) -> Contact | None:
    """The person a conversation was proved to be with; none for a stranger.

    Both must hold: the conversation names the contact, and a proof that was not undone stands behind it.
    On the web the proof is for this conversation alone; on a platform it is for the sender's account there.
    """
    return session.scalars(
        select(Contact)
        .join(Conversation, Conversation.contact_id == Contact.id)
        .join(
            Identity,
            and_(
                Identity.contact_id == Contact.id,
                Identity.channel == Conversation.channel,
                Identity.unlinked_at.is_(None),
                or_(Identity.channel != "web", Identity.external_id == Conversation.id),
            ),
        )
        .where(Conversation.id == storable(conversation_id))
        .limit(1)
    ).first()


def is_over(session: Session, conversation_id: str) -> bool:
    """Whether a web conversation's proof was undone: what was said under it is no longer for whoever holds its token.

    A new proof opens it again; on a platform the account itself stays the sender's.
    """
    return (
        session.scalar(
            select(Identity.id)
            .join(Conversation, and_(Conversation.id == Identity.external_id, Conversation.channel == Identity.channel))
            .where(
                Identity.channel == "web",
                Identity.external_id == storable(conversation_id),
                Identity.unlinked_at.is_not(None),
                Conversation.contact_id.is_(None),
            )
            .limit(1)
        )
        is not None
    )


def _was_anothers(session: Session, conversation: Conversation, contact_id: str) -> bool:
    """Whether a web conversation ever was with someone else, whose messages it still holds."""
    if conversation.channel != "web":
        return False
    earlier = select(Identity.id).where(
        Identity.channel == "web", Identity.external_id == conversation.id, Identity.contact_id != contact_id
    )
    return conversation.contact_id not in (None, contact_id) or session.scalar(earlier.limit(1)) is not None


def link(
    session: Session,
    conversation_id: str,
    contact_id: str,
    verified_by: str,
    now: datetime,
    external_id: str | None = None,
) -> Contact:
    """Tie a conversation to a contact after a proof, in the caller's transaction. Another contact's tie is undone.

    :param verified_by: ``shop_token``, ``one_time_code`` or ``platform``.
    :param external_id: the sender's id on a platform; on the web it is the conversation.
    :raises Problem: ``conversation_unknown``, ``customer_unknown``, ``identity_proof``.
    """
    if verified_by not in PROOFS:
        raise Problem(f"{verified_by!r} is not a proof of identity.", allowed=PROOFS, code="identity_proof")
    conversation = lock_conversation(session, conversation_id)
    contact = session.get(Contact, contact_id)
    if contact is None:
        raise Problem("There is no such customer.", next_step="Import the shop's customers.", code="customer_unknown")
    if conversation.contact_id not in (None, contact_id):
        _undo(session, conversation, now)
    sender = external_id or conversation_id
    identity = session.scalars(
        select(Identity).where(
            Identity.channel == conversation.channel,
            Identity.external_id == sender,
            Identity.contact_id == contact_id,
        )
    ).one_or_none()
    if identity is not None and identity.unlinked_at is None and conversation.contact_id == contact_id:
        return contact  # proved already
    if identity is None:
        identity = Identity(id=new_id("idn"), contact_id=contact_id, channel=conversation.channel, external_id=sender)
        session.add(identity)
    identity.verified_by, identity.verified_at, identity.unlinked_at = verified_by, now, None
    conversation.contact_id = contact_id
    record(
        session,
        f"customer:{contact_id}",
        "identity.link",
        conversation_id,
        verified_by,
        {"contact": contact_id},
        at=now,
    )
    return contact


def _undo(session: Session, conversation: Conversation, now: datetime) -> None:
    session.execute(
        update(Identity)
        .where(
            Identity.contact_id == conversation.contact_id,
            Identity.channel == conversation.channel,
            Identity.unlinked_at.is_(None),
            or_(Identity.channel != "web", Identity.external_id == conversation.id),
        )
        .values(unlinked_at=now)
    )
    conversation.contact_id = None


def link_by_token(store: Store, conversation_id: str, token: str, key: str, now: datetime) -> Contact:
    """Tie a conversation to the customer that the shop's site has signed in.

    :param token: JWT, HS256: ``sub`` is the shop's customer number, ``exp`` the end; with a ``jti`` it serves for one
        conversation only, so that a copied token is worth nothing elsewhere.
    :param key: the secret ``login_key``.
    :raises Problem: ``login_token``, ``login_token_expired``, ``login_token_used``, ``customer_unknown``,
        ``conversation_unknown``, ``secret_missing``; ``session_other`` when the conversation was ever tied to another
        customer: two people may share a browser, but not a history.
    """
    login = read_token(token, key, now)
    with store.write() as session:
        contact = session.scalars(select(Contact).where(Contact.external_id == storable(login.customer))).one_or_none()
        if contact is None:
            raise Problem(
                "The shop knows this customer, but the store does not.",
                next_step="Import the shop's customers, then sign in again.",
                code="customer_unknown",
            )
        conversation = lock_conversation(session, conversation_id)
        if _was_anothers(session, conversation, contact.id):
            raise Problem(
                "This session was another customer's.",
                next_step="Forget the session, ask for a new one (POST /v1/sessions) and sign in there.",
                code="session_other",
            )
        if login.token_id is not None:
            used = _use_token(session, login.token_id, conversation_id, now)
            if used.subject != conversation_id:
                raise Problem(
                    "The login token was used in another conversation.",
                    next_step="Let the shop's site sign a new one.",
                    code="login_token_used",
                )
        return link(session, conversation_id, contact.id, "shop_token", now)


def _use_token(session: Session, token_id: str, conversation_id: str, now: datetime) -> AuditEntry:
    # Hashed, because a jti may be longer than the column and is none of the audit's business.
    digest = hashlib.sha256(token_id.encode("utf-8", "replace")).hexdigest()
    return record(session, "gateway", "login.token", conversation_id, idempotency_key=f"jti:{digest}", at=now)


def request_code(
    store: Store,
    conversation_id: str,
    order_number: str,
    email: str,
    sender: Sender,
    minutes: int,
    now: datetime | None = None,
) -> str:
    """Send a one-time code to the address on file, if the order is that address's.

    The answer is the same, and the work of the same kind, whether or not they match: a stranger learns neither
    whether an order exists nor whose it is. A failure to send is audited, not told, for the same reason.

    :param minutes: how long the code is valid.
    :return: the address as it was typed, masked: ``a***@example.com``.
    :raises Problem: ``conversation_unknown``.
    """
    return issue_code(store, conversation_id, order_number, email, sender, minutes, now or utcnow())


def verify_code(store: Store, conversation_id: str, code: str, now: datetime | None = None) -> Contact | None:
    """Tie the conversation to the customer whose code this is.

    The newest code of this conversation counts: unused, not expired, at most five tries however many come at once.

    :return: the contact, or none for any reason that it is not right.
    :raises Problem: ``conversation_unknown``.
    """
    now = now or utcnow()
    row_id = check_code(store, conversation_id, code, now)
    if row_id is None:
        return None
    with store.write() as session:
        lock_conversation(session, conversation_id)
        row = session.scalars(
            select(OneTimeCode)
            .where(OneTimeCode.id == row_id, OneTimeCode.used_at.is_(None), OneTimeCode.expires_at > now)
            .with_for_update()
        ).one_or_none()
        if row is None:  # used, or replaced by a newer one, while it was being compared
            return None
        row.used_at = now
        return link(session, conversation_id, row.contact_id, "one_time_code", now)


def unlink(store: Store, conversation_id: str, by: str, why: str | None = None, now: datetime | None = None) -> bool:
    """Undo the tie between a conversation and its contact; codes still on their way die with it.

    :param by: ``customer``, ``agent:<id>`` or ``cli``.
    :return: whether there was one.
    :raises Problem: ``conversation_unknown``.
    """
    now = now or utcnow()
    with store.write() as session:
        conversation = lock_conversation(session, conversation_id)
        session.execute(
            update(OneTimeCode)
            .where(OneTimeCode.conversation_id == conversation_id, OneTimeCode.expires_at > now)
            .values(expires_at=now)
        )
        contact_id = conversation.contact_id
        if contact_id is None:
            return False
        _undo(session, conversation, now)
        record(session, by, "identity.unlink", conversation_id, why, {"contact": contact_id}, at=now)
        return True
