"""The gateway as a program."""

import os
import signal
import socket
import subprocess
import sys


def test_ctrl_c_while_it_connects_ends_it_without_a_stack() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        broker = f"127.0.0.1:{silent.getsockname()[1]}"
        told = {"FLOWMART_BROKER": broker, "FLOWMART_GATEWAY_JWT_KEY": "k" * 32}
        with subprocess.Popen(
            [sys.executable, "-m", "gateway"],
            env={**os.environ, **told},
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            asked, _ = silent.accept()

            process.send_signal(signal.SIGINT)

            with asked:
                _, written = process.communicate(timeout=60)

    assert (process.returncode, "Traceback" in written) == (130, False)
