"""`faust -A app dead-letters`, from a refused command to its replay, on real Kafka."""

import json
from typing import Any

import pytest

from tests.e2e.harness import Workers, faust, until
from tests.e2e.heard import Ear
from tests.e2e.shop import Sender

pytestmark = pytest.mark.own_broker

TOPIC = "inventory.dev.commands"
BURIED_S_MAX = 90


class Letters:
    """Two commands that Inventory refused, because there were no goods to correct."""

    def __init__(self, kafka: str, ear: Ear, sender: Sender) -> None:
        self.kafka = kafka
        for product in ("prd_letter_a", "prd_letter_b"):
            correction = {"productId": product, "quantityChange": -5, "warehouseId": "wh_MAIN_001"}
            sender.send("UpdateInventory", correction, eventId=f"correction of {product}")
        ear.until(
            lambda: {"prd_letter_a", "prd_letter_b"} <= {said.key for said in ear.letters()},
            "both corrections are buried",
            BURIED_S_MAX,
        )

    def run(self, *arguments: str) -> str:
        done = faust("dead-letters", *arguments, broker=self.kafka)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def listed(self) -> dict[str, dict[str, Any]]:
        """Letters by key."""
        lines = self.run("list", "--json", "--topic", TOPIC).splitlines()
        return {letter["key"]: letter for letter in map(json.loads, lines)}


@pytest.fixture(scope="module")
def letters(kafka: str, ear: Ear, sender: Sender) -> Letters:
    return Letters(kafka, ear, sender)


def until_on_hand(workers: Workers, product: str, units: int) -> None:
    def on_hand() -> list[int]:
        row = workers.row("stock", product) or {"levels": []}
        return [level["on_hand"] for level in row["levels"]]

    until(lambda: on_hand() == [units], BURIED_S_MAX, f"{units} of {product} are on hand")


def test_a_list_says_what_was_refused_by_whom_and_why(letters: Letters) -> None:
    letter = letters.listed()["prd_letter_a"]

    assert letter["topic"] == TOPIC
    assert letter["agent"] == "stock"
    assert letter["error"] == "CommandRefused"
    assert letter["reason"]
    assert letter["replayed"] is False
    assert json.loads(letter["value"])["data"]["quantityChange"] == -5
    assert letter["headers"]["eventType"] == "UpdateInventory"


def test_a_list_for_people_has_a_line_a_letter_and_keeps_the_newest(letters: Letters) -> None:
    head, *lines = letters.run("list", "--topic", TOPIC, "--limit", "1").splitlines()

    newest = max(letters.listed().values(), key=lambda letter: letter["at"])
    assert head.split("\t") == ["letter", "at", "key", "agent", "error", "reason", "replayed"]
    [found] = [each.split("\t") for each in lines]
    assert found[1][:19] == newest["at"][:19]


def test_one_letter_is_shown_whole(letters: Letters) -> None:
    name = letters.listed()["prd_letter_b"]["letter"]

    shown = json.loads(letters.run("show", name))

    assert (shown["letter"], shown["key"]) == (name, "prd_letter_b")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("show", f"{TOPIC}@999999"), "there is no such dead letter"),
        (("show", f"{TOPIC}.dlq"), "expected TOPIC@OFFSET"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(
    letters: Letters, arguments: tuple[str, ...], why: str
) -> None:
    done = faust("dead-letters", *arguments, broker=letters.kafka)

    assert done.returncode == 1
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_mended_letter_is_replayed_by_itself_and_the_rest_all_at_once(
    letters: Letters, sender: Sender, ear: Ear, workers: Workers
) -> None:
    name = letters.listed()["prd_letter_a"]["letter"]
    for product in ("prd_letter_a", "prd_letter_b"):
        sender.stock(product, 7)
        until_on_hand(workers, product, 7)

    said = letters.run("replay", name)

    until_on_hand(workers, "prd_letter_a", 2)
    assert said == f"{name} replayed to {TOPIC}\n"
    replayed = {key: letter["replayed"] for key, letter in letters.listed().items()}
    assert (replayed["prd_letter_a"], replayed["prd_letter_b"]) == (True, False)

    said = letters.run("replay", "all", "--topic", TOPIC)

    until_on_hand(workers, "prd_letter_b", 2)
    assert said == "1 dead letters replayed\n"
    assert all(letter["replayed"] for letter in letters.listed().values())
    assert letters.run("replay", "all", "--topic", TOPIC) == "0 dead letters replayed\n"
    sent = [
        said.value["eventId"]
        for said in ear.everything
        if said.topic == TOPIC and said.name == "UpdateInventory"
    ]
    assert sorted(sent) == ["correction of prd_letter_a"] * 2 + ["correction of prd_letter_b"] * 2


def test_a_letter_that_is_still_wrong_comes_back_and_is_taken_once_again(
    letters: Letters, sender: Sender, ear: Ear
) -> None:
    def buried() -> int:
        return sum(said.key == "unreadable" for said in ear.letters())

    sender.send_raw("orders.{env}.commands", b"nobody can read this", "unreadable")
    ear.until(lambda: buried() == 1, "it is buried", BURIED_S_MAX)
    letters.run("replay", "all", "--topic", "orders.dev.commands")

    ear.until(lambda: buried() == 2, "it is buried again", BURIED_S_MAX)

    lines = letters.run("list", "--json", "--topic", "orders.dev.commands").splitlines()
    ours = [letter for letter in map(json.loads, lines) if letter["key"] == "unreadable"]
    assert [letter["replayed"] for letter in ours] == [True, False]
