"""Messages in words: a template by its channel, a digest of others, an SMS cut to size."""

from collections.abc import Mapping
from typing import Any, Final

from providers.templates import NoTemplate, Templates, Words
from streams.notifications.outcomes import DIGEST
from streams.notifications.rules import EMAIL, SMS, NotificationRules
from streams.notifications.sms import fitted

UNWRITTEN: Final = "A message that could not be written."


class Writing:
    """Writes messages of every channel, as they are sent and as people look at them."""

    def __init__(self, rules: NotificationRules, templates: Templates | None = None) -> None:
        self._rules = rules
        self._templates = templates or Templates()

    def written(
        self, channel: str, template_id: str, locale: str, facts: Mapping[str, Any]
    ) -> Words:
        """The message; `text` is what its channel carries.

        Raises:
            NoTemplate: it cannot be written.
        """
        locale = locale or self._rules.locale
        if template_id == DIGEST:
            facts = {"entries": self._entries(facts, locale)}
        if channel == EMAIL:
            return self._templates.mail(template_id, locale, facts)
        words = self._templates.short(template_id, locale, facts)
        text = words.short
        if channel == SMS:
            link = f"{self._rules.link}{facts.get('orderId', '')}"
            text = fitted(text, self._rules.sms_parts_max, link)
        return Words(words.subject, words.short, text, "")

    def _entries(self, facts: Mapping[str, Any], locale: str) -> list[str]:
        """A digest's lines; one that cannot be written does not keep back the others."""
        lines = []
        for entry in facts.get("entries", ()):
            try:
                words = self._templates.short(entry["templateId"], locale, entry["data"])
                lines.append(words.short)
            except (NoTemplate, KeyError, TypeError):
                lines.append(UNWRITTEN)
        return lines
