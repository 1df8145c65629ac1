"""Is everything done that was taken, in order, and nothing waited for?"""

from __future__ import annotations

import os
import threading

from bayesian_verifier.judgment_layer._queue_beside import QueueBeside


def test_every_job_that_was_taken_is_done_in_order_whoever_puts_it() -> None:
    """Four threads put jobs as the queue runs dry again and again: none is left lying."""
    queue, done = QueueBeside(10_000), []

    def put(who: int) -> None:
        for number in range(500):
            assert queue.put(lambda number=number: done.append((who, number)))  # type: ignore[misc]

    threads = [threading.Thread(target=put, args=(who,)) for who in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert queue.wait(30.0)
    for who in range(4):
        assert [number for of, number in done if of == who] == list(range(500))


def test_no_more_wait_than_may_and_a_job_that_fails_holds_up_none() -> None:
    """The one that is being done does not count."""
    queue, hold, began, done = QueueBeside(2), threading.Event(), threading.Event(), []

    def held() -> None:
        began.set()
        hold.wait(30.0)
        raise ZeroDivisionError

    assert queue.put(held)
    assert began.wait(30.0)
    assert [queue.put(lambda: done.append(1)) for _ in range(3)] == [True, True, False]
    assert queue.waiting == 2
    assert not queue.wait(0.0)
    hold.set()
    assert queue.wait(30.0)
    assert done == [1, 1]


def test_a_forked_child_has_none_waiting() -> None:
    """It takes jobs of its own."""
    queue, hold, began = QueueBeside(2), threading.Event(), threading.Event()
    queue.put(lambda: (began.set(), hold.wait(30.0)))
    assert began.wait(30.0)
    queue.put(lambda: None)
    child = os.fork()
    if child == 0:
        os._exit(0 if queue.waiting == 0 and queue.put(lambda: None) and queue.wait(30.0) else 1)
    _, code = os.waitpid(child, 0)
    hold.set()
    assert queue.wait(30.0)
    assert os.waitstatus_to_exitcode(code) == 0
