"""How does a child process end when its parent does, however the parent ends?

`tied` wraps a command so that the kernel signals it the moment its parent is gone, SIGKILL included. Not for asking a
child to stop in good time: that is its owner's business. This file is also the little program that stands before the
command: it replaces itself by it (same process id), so that nothing runs between fork and exec in a threaded parent.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from typing import NamedTuple

_PR_SET_PDEATHSIG = 1


class Account(NamedTuple):
    """An unprivileged user of this machine, for a program that refuses to run as root."""

    uid: int
    gid: int


def tied(
    command: Sequence[str],
    *,
    last_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
) -> list[str]:
    """`command`, to be started by this process, that gets `last_signal` when this process ends.

    Linux sends it when the *thread* that started the child ends: start it from one that lives as long as the process.
    The child starts with no signal blocked and none ignored. Under `account` only root can start it.
    """
    who = f"{account.uid}:{account.gid}" if account else ""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), last_signal.name, who, *command]


def _become(account: Account) -> None:
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)


def _tie_to(parent_pid: int, last_signal: signal.Signals) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(last_signal), 0, 0, 0)
    if os.getppid() != parent_pid:  # it ended before the line above, so the kernel has nothing to tell us any more
        sys.exit(128 + last_signal)


def _forget_inherited_signals() -> None:
    # A shell starts background jobs with SIGINT ignored, and a parent may block what it waits for.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def main(parent_pid: str, last_signal: str, who: str, *command: str) -> None:
    if who:
        _become(Account(*map(int, who.split(":"))))
    _tie_to(int(parent_pid), signal.Signals[last_signal])  # after the account: a change of user clears it
    _forget_inherited_signals()
    os.execvp(command[0], command)  # noqa: S606  no shell is the point


if __name__ == "__main__":
    main(*sys.argv[1:])
