"""Values of old state that the present code cannot read: their class is gone, or takes other fields than it did."""

from __future__ import annotations

from typing import Any, NoReturn

from lgx_worker.disclosure import run_error


class UnreadableValueError(AttributeError):
    """Somebody used a value that cannot be read. An AttributeError, so that `hasattr` finds nothing on such a value."""


class UnreadableValue:
    """Stands for such a value. It is shown as what went wrong, is stored again as the bytes it came from, and refuses
    every use: a graph that does not look at it runs as ever.
    """

    __slots__ = ("_channel", "error", "stored")

    def __init__(self, channel: str, stored: tuple[str, bytes], reason: Exception) -> None:
        self._channel = channel
        self.stored = stored
        """The encoding and the bytes that are kept of it."""
        self.error = run_error(reason)
        """The class and the message of what reading it raised; how it is shown to clients."""

    @property
    def reason(self) -> str:
        """What cannot be read, why, and what can be done about it."""
        return (
            f"The value of `{self._channel}` in the thread's state cannot be read by the present code: "
            f"{self.error['error']}: {self.error['message']}. Bring its class back as it was, or write a new value to "
            f"`{self._channel}`."
        )

    def _refuse(self, *_arguments: Any) -> NoReturn:
        raise UnreadableValueError(self.reason)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # what protocols ask for, such as copying
            raise AttributeError(name)
        self._refuse()

    def __repr__(self) -> str:
        return f"<a value that cannot be read: {self.error['error']}: {self.error['message']}>"

    def __copy__(self) -> UnreadableValue:
        return self

    def __deepcopy__(self, memo: Any) -> UnreadableValue:
        return self

    __reduce__ = _refuse
    __bool__ = _refuse
    __len__ = _refuse
    __iter__ = _refuse
    __contains__ = _refuse
    __getitem__ = _refuse
    __setitem__ = _refuse
    __delitem__ = _refuse
    __call__ = _refuse
    __add__ = _refuse
    __radd__ = _refuse
    __or__ = _refuse
    __ror__ = _refuse
    __lt__ = _refuse
    __le__ = _refuse
    __gt__ = _refuse
    __ge__ = _refuse
    __int__ = _refuse
    __float__ = _refuse
