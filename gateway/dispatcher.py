"""Takes pending messages to Rasa, one conversation at a time in order, and brings the answers back."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from rapport.store import Store, new_id

from . import outbox
from .bell import Bell
from .rasa import RasaClient, RasaDown
from .replies import Reply, merged
from .threads import in_thread
from .tracker import Tracker

log = logging.getLogger("gateway")


@dataclass(frozen=True)
class Pace:
    """How eager the dispatcher is. All times in seconds."""

    poll: float = 1.0  # between looks for messages of other copies, or left by a restart
    lease: float = 10.0  # renewed while a turn runs; how long the conversations of a killed copy wait
    retry_first: float = 0.5
    retry_most: float = 10.0
    at_once: int = 16  # conversations handled at the same time
    grace: float = 5.0  # for turns under way when the gateway stops
    silent_tries: int = 3  # an empty answer without a trace in the tracker: an error inside Rasa
    poison_tries: int = 8  # a message that fails while Rasa is there for others


class Silence(Exception):
    """Rasa answered with nothing, and its tracker store does not know the message."""


class Dispatcher:
    """Runs beside the web server on its event loop.

    :param bell: rung when a conversation changes.
    """

    def __init__(self, store: Store, rasa: RasaClient, tracker: Tracker, bell: Bell, pace: Pace | None = None) -> None:
        self._store = store
        self._rasa = rasa
        self._tracker = tracker
        self._bell = bell
        self._pace = pace or Pace()
        self.owner = f"{os.getpid()}:{new_id('gw')}"
        self._woken = asyncio.Event()
        self._active: dict[str, asyncio.Task[None]] = {}
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._silences: dict[str, int] = {}
        self._poison: dict[str, int] = {}
        self._stopping = False
        self._halt = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether the loop runs."""
        return self._loop_task is not None and not self._loop_task.done()

    def start(self) -> None:
        """Begin; pending messages of an earlier run are taken up first."""
        self._loop_task = asyncio.create_task(self._run(), name="dispatcher")

    async def stop(self) -> None:
        """Stop taking new work and wait for what is under way, for a few seconds; the rest stays pending."""
        self._stopping = True
        self._halt.set()
        self.wake()
        if self._loop_task is not None:
            await self._loop_task
        tasks = list(self._active.values())
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=self._pace.grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    async def _run(self) -> None:
        failures = 0
        while not self._stopping:
            self._woken.clear()
            try:
                for conversation_id in await in_thread(outbox.waiting, self._store):
                    self._take(conversation_id)
                failures = 0
            except Exception:  # whatever it is: without this loop nobody is answered any more
                log.exception("the look for waiting messages failed; trying again")
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._halt.wait(), self._pause(failures))
                failures += 1
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._delay())

    def _delay(self) -> float:
        now = time.monotonic()
        due = [at - now for at in self._not_before.values() if at > now]
        return max(0.01, min([self._pace.poll, *due]))

    def _take(self, conversation_id: str) -> None:
        if self._stopping or conversation_id in self._active or len(self._active) >= self._pace.at_once:
            return
        if self._not_before.get(conversation_id, 0) > time.monotonic():
            return
        task = asyncio.create_task(self._work(conversation_id), name=f"dispatch {conversation_id}")
        self._active[conversation_id] = task
        task.add_done_callback(lambda _task: self._done(conversation_id))

    def _done(self, conversation_id: str) -> None:
        self._active.pop(conversation_id, None)
        self._woken.set()  # a message may have arrived between the last look and the end of the lease

    async def _work(self, conversation_id: str) -> None:
        beat: asyncio.Task[None] | None = None
        try:
            while not self._stopping and await in_thread(
                outbox.claim, self._store, conversation_id, self.owner, self._pace.lease
            ):
                beat = beat or asyncio.create_task(self._beat(conversation_id), name=f"lease {conversation_id}")
                job = await in_thread(outbox.next_job, self._store, conversation_id)
                self._bell.ring(conversation_id)
                if job is None or not await self._turn(job):
                    break
        except Exception:  # the message is still pending, and is tried again
            log.exception("conversation %s could not be handled", conversation_id)
            self._back_off(conversation_id)
        finally:
            if beat is not None:
                beat.cancel()
                await asyncio.wait({beat})  # a renewal under way must not come after the release
                try:
                    await in_thread(outbox.release, self._store, conversation_id, self.owner)
                except Exception:  # the lease runs out by itself
                    log.exception("the lease of conversation %s could not be given up", conversation_id)
            self._bell.ring(conversation_id)

    async def _beat(self, conversation_id: str) -> None:
        """Renew the lease until cancelled; a turn may take longer than the lease, a dead copy may not."""
        while True:
            await asyncio.sleep(self._pace.lease / 3)
            try:
                ours = await in_thread(outbox.claim, self._store, conversation_id, self.owner, self._pace.lease)
            except Exception:  # a busy store: the next beat may come in time
                log.exception("the lease of conversation %s could not be renewed", conversation_id)
                continue
            if not ours:
                log.error("the lease of conversation %s was lost; another copy has it", conversation_id)
                return

    async def _turn(self, job: outbox.Job) -> bool:
        """One message; returns whether the next one may follow."""
        try:
            replies = await self._ask(job)
        except (RasaDown, SQLAlchemyError) as error:
            # The name alone: the text of an error may hold what the customer wrote.
            return await self._failed(job, type(error.__cause__ or error).__name__, isinstance(error, RasaDown))
        except Silence:
            self._silences[job.message_id] = self._silences.get(job.message_id, 0) + 1
            if self._silences[job.message_id] < self._pace.silent_tries:
                self._back_off(job.conversation_id)
                return False
            del self._silences[job.message_id]
            log.error("message %s is given up: Rasa answered nothing", job.message_id)
            await in_thread(outbox.give_up, self._store, job, "Rasa answered nothing")
            return True
        except Exception as error:
            log.exception("message %s could not be handled", job.message_id)
            return await self._failed(job, type(error).__name__, True)
        await in_thread(outbox.finish, self._store, job, replies)
        self._bell.ring(job.conversation_id)
        self._poison.pop(job.message_id, None)
        if self._failures.pop(job.conversation_id, 0):
            self._not_before.clear()  # Rasa is back: the others need not wait any longer
        return True

    async def _failed(self, job: outbox.Job, reason: str, may_be_poison: bool) -> bool:
        """Try again later, unless the message itself is what Rasa fails at; returns whether the next one may follow.

        While Rasa is away a message waits for as long as it takes. A message that fails again and again while Rasa is
        there would hold up everything that the customer writes after it.
        """
        if may_be_poison and await self._rasa.reachable():
            tries = self._poison[job.message_id] = self._poison.get(job.message_id, 0) + 1
            if tries >= self._pace.poison_tries:
                log.error("message %s is given up after %d tries: %s", job.message_id, tries, reason)
                await in_thread(outbox.give_up, self._store, job, reason)
                del self._poison[job.message_id]
                self._failures.pop(job.conversation_id, None)
                return True
        if job.conversation_id not in self._failures:  # once, not at each try
            log.warning("message %s waits for Rasa: %s", job.message_id, reason)
        await in_thread(outbox.postpone, self._store, job, reason)
        self._back_off(job.conversation_id)
        return False

    async def _ask(self, job: outbox.Job) -> list[Reply]:
        """Rasa's replies; taken from its tracker store when an earlier try got through but was not written down.

        :raises RasaDown: when Rasa did not answer.
        :raises Silence: when it answered nothing and does not know the message.
        """
        if job.attempts > 0:
            known = await in_thread(self._tracker.answer_to, job.conversation_id, job.message_id)
            if known is not None:
                log.info("message %s was answered before; the answer is recovered", job.message_id)
                return known
        replies = merged(await self._rasa.send(job.conversation_id, job.text, job.message_id, job.language))
        if not replies:
            # Rasa's REST channel answers [] both for a silent turn and for an exception inside.
            known = await in_thread(self._tracker.answer_to, job.conversation_id, job.message_id)
            if known is None:
                raise Silence
            return known
        return replies

    def _back_off(self, conversation_id: str) -> None:
        failures = self._failures.get(conversation_id, 0)
        self._failures[conversation_id] = failures + 1
        self._not_before[conversation_id] = time.monotonic() + self._pause(failures)

    def _pause(self, failures: int) -> float:
        """Seconds to wait after so many failures before this one."""
        # 2**1024 is no float: an outage of some hours must not end in an OverflowError.
        return min(self._pace.retry_most, self._pace.retry_first * 2 ** min(failures, 30))
