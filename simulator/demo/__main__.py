"""`python -m simulator.demo`: see `--help`. Ctrl-C ends it without a stack trace from the first."""

import sys

if __name__ == "__main__":
    try:
        from simulator.demo.command import main

        sys.exit(main())
    except KeyboardInterrupt:  # While it imports itself, which takes a second.
        sys.exit(130)
