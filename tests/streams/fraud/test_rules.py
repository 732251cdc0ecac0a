import pytest

from streams.fraud.rules import ATTEMPTS_KEPT_MAX, FraudRules, RulesError


@pytest.mark.parametrize(
    "bands",
    [
        {"monitor_from": 0},
        {"review_from": 20},
        {"decline_from": 50},
        {"decline_from": 91},
        {"block_from": 101},
    ],
)
def test_bands_that_do_not_rise_are_refused(bands: dict[str, int]) -> None:
    with pytest.raises(RulesError, match="bands"):
        FraudRules(**bands)


@pytest.mark.parametrize(
    "figure", ["attempts_hour_max", "payments_normal_max", "ips_normal_max", "cards_many_from"]
)
def test_a_count_beyond_what_a_profile_remembers_is_refused(figure: str) -> None:
    with pytest.raises(RulesError, match=str(ATTEMPTS_KEPT_MAX)):
        FraudRules(**{figure: ATTEMPTS_KEPT_MAX})


def test_the_largest_count_that_a_profile_can_tell_is_accepted() -> None:
    assert FraudRules(attempts_hour_max=ATTEMPTS_KEPT_MAX - 1).attempts_hour_max == 15


def test_how_sure_each_sign_is_is_the_contracts() -> None:
    rules = FraudRules()

    assert (rules.confidence_stolen_card, rules.confidence_velocity) == (0.98, 0.92)
    assert (rules.confidence_fraud_device, rules.confidence_travel) == (0.95, 0.91)
