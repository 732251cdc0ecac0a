"""Child processes that never outlive this one."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Final

GUARD: Final = Path(__file__).with_name("guard.py")
# The kernel ends a child with the thread that forked it (see guard.py); this thread never ends
# before the process, while the caller's may be a worker of a pool. It starts with its first task.
_FORKER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="broker-spawn")


def spawn(
    command: Sequence[str], log: Path, inherit: Sequence[IO[str]] = ()
) -> subprocess.Popen[bytes]:
    """Start `command` with its output appended to `log` and the files in `inherit` kept open.

    It leads a session of its own: a Ctrl-C in the terminal reaches the owner alone, who then
    decides how the child ends.
    """
    guarded = [sys.executable, "-I", "-S", str(GUARD), str(os.getpid()), *command]
    with log.open("ab") as output:
        return _FORKER.submit(
            subprocess.Popen,
            guarded,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=log.parent,  # A JVM that crashes leaves its report there.
            pass_fds=[handle.fileno() for handle in inherit],
        ).result()
