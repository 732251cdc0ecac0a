"""Which commands `faust -A app --help` lists."""

from faust.cli.faust import cli

import commands


def test_only_what_works_with_this_application_is_listed() -> None:
    own = {name.replace("_", "-") for name in commands.__all__}

    assert set(cli.commands) == {"worker", *own}
