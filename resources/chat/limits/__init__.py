"""Limits: how much may be sent, how fast, for how long and for how much money.

`pace` adapts how many requests are under way, `rates` shares an endpoint's requests and tokens per
minute among runs, `budget` shares the money; `admission` is where a request that is ready passes
all three. None of them shapes an answer, so none is part of a model's identity or of a recipe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tg_assets.ids import digest


@dataclass(frozen=True, slots=True)
class Limits:
    """What the settings of a model allow; null is no limit.

    Attributes:
        endpoint: The name under which runs share the rates: equal for equal endpoint and model.
        requests_per_minute: Requests in any minute, of all runs that share the ledger.
        tokens_per_minute: Tokens in any minute, likewise; a request counts with the most it may
            use until its reply says what it did use.
        timeout_s: Seconds that one attempt may take in all, however slowly bytes arrive.
        deadline_s: Seconds after which a pass starts nothing more.
    """

    endpoint: str = ""
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    timeout_s: float | None = None
    deadline_s: float | None = None


NO_LIMITS = Limits()


def limits_of(model: Any) -> Limits:
    """Return the limits in a model's settings; what a provider's settings lack is no limit."""
    url, name = getattr(model, "base_url", None), getattr(model, "model", None)
    return Limits(
        endpoint=digest("endpoint", str(url), str(name)),
        requests_per_minute=getattr(model, "requests_per_minute", None),
        tokens_per_minute=getattr(model, "tokens_per_minute", None),
        timeout_s=getattr(model, "timeout_s", None),
        deadline_s=getattr(model, "deadline_s", None),
    )
