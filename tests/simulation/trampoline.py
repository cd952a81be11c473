"""Coroutines run without a loop and without time, step by step, in the order that a caller chooses.

A coroutine rests at a `Point`, and goes on when it is stepped.
"""

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final


def _always() -> bool:
    return True


class Point:
    """Where a coroutine rests, until it is stepped; it can be once `is_ready` says so."""

    __slots__ = ("is_ready", "label")

    def __init__(self, label: str, is_ready: Callable[[], bool] = _always) -> None:
        self.label = label
        self.is_ready = is_ready

    def __await__(self) -> Generator["Point", None, None]:
        yield self


_LETS_OTHERS_GO: Final = Point("lets others go")  # asyncio.sleep(0) yields nothing


class Task:
    """One coroutine under way. `result` or `error` stand once `is_done`.

    `weight`: how much more often than others it is stepped.
    """

    __slots__ = ("_coroutine", "at", "error", "is_done", "name", "result", "weight")

    def __init__(self, name: str, coroutine: Coroutine[Any, None, Any]) -> None:
        self.name = name
        self._coroutine: Final = coroutine
        self.at = Point("begins")
        self.is_done = False
        self.weight = 1.0
        self.result: Any = None
        self.error: Exception | None = None

    def step(self) -> None:
        """Run to the next point, or to the end."""
        try:
            self.at = self._coroutine.send(None) or _LETS_OTHERS_GO
        except StopIteration as end:
            self.result = end.value
            self.is_done = True
        except Exception as error:  # noqa: BLE001 - whoever waits for the task gets it
            self.error = error
            self.is_done = True

    def kill(self, error: Exception | None = None) -> None:
        """End it where it rests: nothing more of it runs; who waits for it gets `error`."""
        self._coroutine.close()
        self.error = error
        self.is_done = True


class Trampoline:
    """All coroutines under way, in the order in which they began. `steps` counts all steps."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.steps = 0

    def spawn(self, name: str, coroutine: Coroutine[Any, None, Any]) -> Task:
        task = Task(name, coroutine)
        self.tasks.append(task)
        return task

    def ready(self) -> list[Task]:
        return [task for task in self.tasks if task.at.is_ready()]

    def step(self, task: Task) -> None:
        self.steps += 1
        task.step()
        if task.is_done:
            self.tasks.remove(task)

    def kill(self, task: Task, error: Exception | None = None) -> None:
        task.kill(error)
        self.tasks.remove(task)
