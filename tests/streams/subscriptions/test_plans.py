"""The plans of the contract (G-39)."""

from streams.subscriptions.plans import PLANS


def test_the_plans_are_the_contracts() -> None:
    members = {
        name: (plan.cycle, plan.price_minor, plan.tier, plan.trial_days)
        for name, plan in PLANS.items()
        if not plan.is_goods
    }

    assert members == {
        "plan_monthly_basic": ("monthly", 9_99, 1, 0),
        "plan_monthly_pro": ("monthly", 29_99, 2, 14),
        "plan_annual_pro": ("annual", 299_00, 2, 0),
        "plan_annual_enterprise": ("annual", 499_00, 3, 0),
    }
    assert {name: plan.cycle for name, plan in PLANS.items() if plan.is_goods} == {
        "plan_save_weekly": "weekly",
        "plan_save_monthly": "monthly",
        "plan_save_quarterly": "quarterly",
    }
    assert {plan.currency for plan in PLANS.values()} == {"USD"}
