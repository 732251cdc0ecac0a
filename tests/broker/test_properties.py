from pathlib import Path

from broker.properties import Address, render, server_properties

NODES = [Address(n, 20_000 + n, 30_000 + n) for n in (1, 2, 3)]


def test_every_listener_is_on_loopback() -> None:
    told = server_properties(NODES[1], NODES, Path("home"), {})

    assert told["listeners"] == "PLAINTEXT://127.0.0.1:20002,CONTROLLER://127.0.0.1:30002"


def test_every_node_knows_all_voters() -> None:
    told = server_properties(NODES[0], NODES, Path("home"), {})

    voters = "1@127.0.0.1:30001,2@127.0.0.1:30002,3@127.0.0.1:30003"
    assert told["controller.quorum.voters"] == voters


def test_of_three_replicas_two_must_be_in_sync_and_of_one_that_one() -> None:
    three = server_properties(NODES[0], NODES, Path("home"), {})
    one = server_properties(NODES[0], NODES[:1], Path("home"), {})

    assert (three["default.replication.factor"], three["min.insync.replicas"]) == ("3", "2")
    assert (one["default.replication.factor"], one["min.insync.replicas"]) == ("1", "1")


def test_the_callers_properties_win() -> None:
    told = server_properties(NODES[0], NODES, Path("home"), {"num.io.threads": "1"})

    assert told["num.io.threads"] == "1"


def test_backslashes_survive_kafkas_reading() -> None:
    assert render({"log.dirs": r"C:\kafka"}) == "log.dirs=C:\\\\kafka\n"
