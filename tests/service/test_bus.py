"""The bus: nobody slows the gateway down; frames may be lost, events may not."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from service.bus import Bus, Message


def frame(number: int) -> Message:
    return Message("kinematics", "a", {"n": number}, live=True)


def event(number: int) -> Message:
    return Message("rep", "a", {"n": number})


async def heard(bus: Bus, messages: list[Message], live_limit: int, count: int) -> tuple[list[Message], int]:
    with bus.subscribe(live_limit) as subscription:
        for message in messages:
            bus.publish(message)
        listening = aiter(subscription)
        received = [await anext(listening) for _ in range(count)]
        return received, subscription.dropped


async def test_messages_arrive_in_order() -> None:
    messages = [frame(0), event(1), frame(2)]
    assert await heard(Bus(), messages, 8, 3) == (messages, 0)


async def test_a_slow_listener_loses_the_oldest_frames_and_the_loss_is_counted() -> None:
    received, dropped = await heard(Bus(), [frame(n) for n in range(5)], 2, 2)
    assert [m.body["n"] for m in received] == [3, 4]
    assert dropped == 3


@given(kinds=st.lists(st.booleans(), max_size=60), live_limit=st.integers(1, 10))
def test_no_event_is_ever_dropped_and_no_queue_of_frames_outgrows_its_limit(
    kinds: list[bool], live_limit: int
) -> None:
    messages = [frame(n) if live else event(n) for n, live in enumerate(kinds)]
    frames = [m for m in messages if m.live]
    expected = [m for m in messages if not m.live or m in frames[-live_limit:]]
    received, dropped = asyncio.run(heard(Bus(), messages, live_limit, len(expected)))
    assert received == expected
    assert dropped == len(messages) - len(expected)


async def test_a_listener_that_left_is_sent_nothing() -> None:
    bus = Bus()
    with bus.subscribe() as subscription:
        pass
    bus.publish(event(1))
    assert not subscription._queue


async def test_a_waiting_listener_wakes_up() -> None:
    bus = Bus()
    with bus.subscribe() as subscription:
        waiting = asyncio.ensure_future(anext(aiter(subscription)))
        await asyncio.sleep(0)
        bus.publish(event(7))
        assert (await waiting).body == {"n": 7}


def test_direct_listeners_hear_at_once() -> None:
    bus = Bus()
    got: list[Message] = []
    bus.listen(got.append)
    bus.publish(event(1))
    assert [m.body["n"] for m in got] == [1]
