"""Texts of notifications: a subject, a short text, a long text and HTML by template and language.

`<locale>/<template>.txt` has the blocks `subject`, `short` (SMS, push, in-app) and `text` (mail);
`<locale>/<template>.html` the mail's HTML. What is missing in a language is taken from English.
Templates are ours, their data is not: HTML escapes everything, templates run in a sandbox, and
a value that is missing is an error, never an empty space.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from re import compile as pattern
from typing import Any, Final

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateNotFound
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from events.errors import FlowMartError

FOLDER: Final = Path(__file__).parent
FALLBACK: Final = "en"
_NAME: Final = pattern(r"[a-z0-9]+(-[a-z0-9]+)*")
_TEMPLATES_CACHED: Final = 256
_UNUSABLE: Final = (TemplateError, TypeError, ValueError, LookupError, ArithmeticError)
"""What a template raises over data that it cannot use."""


class NoTemplate(FlowMartError):
    """There is no such template, or its data lacks something: the message cannot be written.

    Operator: compare the template with what the sender of the message put into `templateData`.
    """


@dataclass(frozen=True, slots=True)
class Words:
    """A message as its template writes it."""

    subject: str
    short: str
    text: str
    html: str


class Templates:
    """Every template of a folder, each compiled once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folder),
            autoescape=lambda name: name is not None and name.endswith(".html"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=_TEMPLATES_CACHED,
            auto_reload=False,
        )
        self._environment.filters["day"] = _day
        self._globals = dict(self._environment.globals)
        self._found: dict[tuple[str, str, str], Template] = {}

    def mail(self, template_id: str, locale: str, facts: Mapping[str, Any]) -> Words:
        """The message with everything that a mail needs; it has no short text.

        Raises:
            NoTemplate: it cannot be written.
        """
        try:
            subject, text = self._texts(template_id, locale, facts, "subject", "text")
            page = self._find(template_id, locale, "html")
            html = "".join(page.root_render_func(self._context(page, facts)))
        except _UNUSABLE as error:
            raise _lacking(template_id, error) from error
        return Words(_line(subject), "", text.strip() + "\n", html)

    def short(self, template_id: str, locale: str, facts: Mapping[str, Any]) -> Words:
        """The message in a line, for SMS, push and in-app.

        Raises:
            NoTemplate: it cannot be written.
        """
        try:
            subject, short = self._texts(template_id, locale, facts, "subject", "short")
        except _UNUSABLE as error:
            raise _lacking(template_id, error) from error
        return Words(_line(subject), _line(short), "", "")

    def _find(self, template_id: str, locale: str, kind: str) -> Template:
        found = self._found.get((template_id, locale, kind))
        if found is None:
            if _NAME.fullmatch(template_id) is None:
                raise TemplateNotFound(template_id)
            names = [f"{where}/{template_id}.{kind}" for where in _locales(locale)]
            found = self._environment.select_template(names)
            if len(self._found) < _TEMPLATES_CACHED:  # Anybody may name any language.
                self._found[template_id, locale, kind] = found
        return found

    def _context(self, template: Template, facts: Mapping[str, Any]) -> Context:
        # Jinja's own way to put its globals beside the facts costs as much as the rendering.
        return template.new_context({**self._globals, **facts}, shared=True)

    def _texts(
        self, template_id: str, locale: str, facts: Mapping[str, Any], *blocks: str
    ) -> Iterator[str]:
        template = self._find(template_id, locale, "txt")
        context = self._context(template, facts)
        for name in blocks:
            block = template.blocks.get(name)
            if block is None:
                raise TemplateNotFound(f"{template.name}: block {name}")
            yield "".join(block(context))


def _day(at_ms: int) -> str:
    """The UTC day of a time in ms since 1970: a template's filter."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


def _lacking(template_id: str, error: Exception) -> NoTemplate:
    return NoTemplate(f"template {template_id!r}: {type(error).__name__}: {error}")


def _line(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=_TEMPLATES_CACHED)
def _locales(locale: str) -> tuple[str, ...]:
    """de-AT: de-at, then de, then English."""
    wanted = locale.lower().replace("_", "-")
    if _NAME.fullmatch(wanted) is None:
        return (FALLBACK,)
    return tuple(dict.fromkeys((wanted, wanted.partition("-")[0], FALLBACK)))
