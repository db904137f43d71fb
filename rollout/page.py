"""The report: one HTML page that needs nothing beside it."""

import base64
from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from rollout import pictures
from rollout.journal import Journal, Observation
from rollout.weights import shown

_ENVIRONMENT = Environment(
    loader=PackageLoader("rollout", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def render(journal: Journal) -> str:
    """Return the page of a rollout."""
    canary, stable = pictures.total(journal)
    times = [journal.began_s, *(move.at_s for move in journal.moves), *(look.at_s for look in journal.observations)]
    return _ENVIRONMENT.get_template("page.html.j2").render(
        journal=journal,
        canary=canary,
        stable=stable,
        ended_s=max(times),
        verdicts=verdicts(journal),
        timeline=_inline(pictures.timeline(journal)),
        distributions=_inline(pictures.distributions(journal)),
        moment=lambda at_s: datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        weights=shown,
    )


def verdicts(journal: Journal) -> list[Observation]:
    """Return the last look at each step."""
    return list({each.step_began_s: each for each in journal.observations}.values())


def _inline(png: bytes) -> str:
    return base64.b64encode(png).decode()
