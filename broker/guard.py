"""Become the command given, and die the moment the process that asked for it is gone.

A kill -9 leaves its victim no chance to stop its children, so the kernel has to: on Linux a
process may ask to be killed when its parent ends. The asking has to happen in the child, between
fork and exec. Code run there by a process with threads can deadlock, so this tiny program runs
there instead, then turns into the command under the same process id. On other systems nothing
is asked, and only an orderly end of the owner stops Kafka.

The kernel's «parent» is the thread that forked, not the process: `broker.spawn` forks on a
thread that lives as long as the process.

Arguments: the owner's process id, then the command.
"""

import ctypes
import os
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1


def main(owner: int, command: list[str]) -> None:
    """Replace this process by `command`, tied to `owner`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != owner:  # It ended before the kernel was told.
        sys.exit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
