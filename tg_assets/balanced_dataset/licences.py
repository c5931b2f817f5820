"""Which licence the whole may carry, given the licences of its parts.

Licences stand in one order of strictness, each with the conditions it sets. The whole takes the
first licence that sets every condition of every part and stands no earlier than any of them: never
laxer than the strictest part. This orders terms, it is not legal advice: every image keeps its own
licence beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

UNKNOWN = "unknown"

_CC_VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")
_NO_DERIVATIVES = "by sa nd"  # no derivative at all is also none under other terms


@dataclass(frozen=True)
class Licence:
    """One licence.

    Attributes:
        name: Its name: an SPDX identifier where there is one.
        strictness: Its place in the order, laxest first.
        conditions: What it asks: by (attribution), sa (share alike), nc (no commerce), nd (no
            derivatives), research, proprietary, unknown.
        hugging_face: The identifier Hugging Face knows it by; "other" where it knows none.
        successors: For share-alike licences: under which an adaptation may be released.
    """

    name: str
    strictness: int
    conditions: frozenset[str]
    hugging_face: str
    successors: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Resulting:
    """The licence of the whole.

    Attributes:
        licence: Its name in this module's spelling.
        because: Why it is that one, in a sentence.
        conflict: Share-alike terms that the resulting licence cannot meet, or None.
        hugging_face: The identifier Hugging Face knows it by.
    """

    licence: str
    because: str
    conflict: str | None = None
    hugging_face: str = "other"


_Row = tuple[str, str, str]  # name, conditions, Hugging Face identifier


def _creative_commons(kind: str, conditions: str) -> tuple[_Row, ...]:
    return tuple((f"CC-{kind}-{v}", conditions, f"cc-{kind}-{v}".lower()) for v in _CC_VERSIONS)


_FAMILIES: tuple[tuple[_Row, ...], ...] = (
    (("public-domain", "", "other"),),
    (("CC0-1.0", "", "cc0-1.0"),),
    (("PDDL-1.0", "", "pddl"),),
    (("Unlicense", "", "unlicense"),),
    (("MIT", "by", "mit"),),
    (("BSD-2-Clause", "by", "bsd-2-clause"),),
    (("BSD-3-Clause", "by", "bsd-3-clause"),),
    (("Apache-2.0", "by", "apache-2.0"),),
    (("CDLA-Permissive-1.0", "by", "cdla-permissive-1.0"),),
    (("CDLA-Permissive-2.0", "by", "cdla-permissive-2.0"),),
    (("ODC-By-1.0", "by", "odc-by"),),
    _creative_commons("BY", "by"),
    _creative_commons("BY-SA", "by sa"),
    (("CDLA-Sharing-1.0", "by sa", "cdla-sharing-1.0"),),
    (("ODbL-1.0", "by sa", "odbl"),),
    (("GFDL-1.3", "by sa", "gfdl"),),
    (("GPL-2.0", "by sa", "gpl-2.0"),),
    (("GPL-3.0", "by sa", "gpl-3.0"),),
    (("AGPL-3.0", "by sa", "agpl-3.0"),),
    _creative_commons("BY-ND", _NO_DERIVATIVES),
    _creative_commons("BY-NC", "by nc"),
    _creative_commons("BY-NC-SA", "by nc sa"),
    _creative_commons("BY-NC-ND", f"{_NO_DERIVATIVES} nc"),
    (("research-only", f"{_NO_DERIVATIVES} nc research", "other"),),
    (("proprietary", f"{_NO_DERIVATIVES} nc research proprietary", "other"),),
    ((UNKNOWN, f"{_NO_DERIVATIVES} nc research proprietary unknown", UNKNOWN),),
)
"""Laxest first; the versions of a licence, oldest first, are equally strict."""

# The Creative Commons licences on Hugging Face's list of identifiers; the others are "other" there.
# https://huggingface.co/docs/hub/repositories-licenses
_HUGGING_FACE_VERSIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cc-by": ("2.0", "2.5", "3.0", "4.0"),
        "cc-by-sa": ("3.0", "4.0"),
        "cc-by-nc": ("2.0", "3.0", "4.0"),
        "cc-by-nd": ("4.0",),
        "cc-by-nc-nd": ("3.0", "4.0"),
        "cc-by-nc-sa": ("2.0", "3.0", "4.0"),
    }
)


def _successors(name: str, conditions: str) -> frozenset[str]:
    """Return the licences an adaptation of a share-alike work may carry."""
    if "sa" not in conditions.split() or "nd" in conditions.split():
        return frozenset()
    if match := re.fullmatch(r"(CC-BY(?:-NC)?-SA)-(\d\.\d)", name):
        # Version 1.0 has no "later version" clause; the later ones have.
        later = _CC_VERSIONS[_CC_VERSIONS.index(match[2]) :] if match[2] != "1.0" else ("1.0",)
        names = {f"{match[1]}-{version}" for version in later}
        if match[1] == "CC-BY-SA" and "4.0" in later:
            names.add("GPL-3.0")  # declared compatible, one way, by Creative Commons in 2015
        return frozenset(names)
    if name == "GPL-3.0":
        return frozenset({"GPL-3.0", "AGPL-3.0"})
    return frozenset({name})


def _table() -> Mapping[str, Licence]:
    table = {}
    for strictness, family in enumerate(_FAMILIES):
        for name, conditions, hugging_face in family:
            stem, _, version = hugging_face.rpartition("-")
            listed = stem not in _HUGGING_FACE_VERSIONS or version in _HUGGING_FACE_VERSIONS[stem]
            table[name] = Licence(
                name,
                strictness,
                frozenset(conditions.split()),
                hugging_face if listed else "other",
                _successors(name, conditions),
            )
    return MappingProxyType(table)


LICENCES: Mapping[str, Licence] = _table()
"""Every licence by its name, laxest first."""

_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "cc0": "CC0-1.0",
        "cc-zero": "CC0-1.0",
        "publicdomain": "public-domain",
        "pd": "public-domain",
        "public-domain-mark": "public-domain",
        "pdm": "public-domain",
        "us-government-work": "public-domain",
        "pddl": "PDDL-1.0",
        "apache": "Apache-2.0",
        "apache2": "Apache-2.0",
        "apache-2": "Apache-2.0",
        "bsd": "BSD-3-Clause",
        "expat": "MIT",
        "odc-by": "ODC-By-1.0",
        "odbl": "ODbL-1.0",
        "gfdl": "GFDL-1.3",
        "gpl": "GPL-3.0",
        "gpl-2": "GPL-2.0",
        "gpl-3": "GPL-3.0",
        "agpl": "AGPL-3.0",
        "research": "research-only",
        "non-commercial-research": "research-only",
        "academic": "research-only",
        "academic-only": "research-only",
        "all-rights-reserved": "proprietary",
    }
)
_BY_LOWER_NAME = MappingProxyType({name.lower(): name for name in LICENCES})
_CC_URL = re.compile(r"creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)(?:/(\d\.\d))?")
_CC_PARTS = re.compile(
    r"cc-?((?:by|nc|sa|nd)(?:-?(?:by|nc|sa|nd))*)(?:-?v?(\d(?:\.\d)?))?(?:-(?:igo|(?!by|nc|sa|nd)[a-z]{2}))?\Z"
)
_CC_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "creative-commons": "cc",
        "attribution": "by",
        "non-commercial": "nc",
        "noncommercial": "nc",
        "share-alike": "sa",
        "sharealike": "sa",
        "no-derivatives": "nd",
        "noderivatives": "nd",
        "no-derivs": "nd",
        "noderivs": "nd",
    }
)
_FILLER = re.compile(r"-(?:licen[sc]e|version|v)(?=-|\Z)")
_SUFFIX = re.compile(r"-(?:only|or-later|international|unported|generic|deed)\Z")


def normalise(licence: str) -> str:
    """Return a licence's name in this module's spelling.

    Args:
        licence: An SPDX identifier in any case, a Hugging Face identifier, a common spelling ("CC
            BY 4.0") or a Creative Commons address. Creative Commons without a version is read
            as 4.0, the strictest.

    Returns:
        A key of ``LICENCES``; ``unknown`` for what this module does not know.
    """
    if address := _CC_URL.search(licence.lower()):
        return _from_address(address[1], address[2])
    text = re.sub(r"[\s_/+,]+", "-", licence.strip().lower()).strip("-")
    text = re.sub(r"\A(?:licenseref-|the-)", "", text)
    text = _FILLER.sub("", text)
    while _SUFFIX.search(text):
        text = _SUFFIX.sub("", text)
    if text in _BY_LOWER_NAME:
        return _BY_LOWER_NAME[text]
    if text in _ALIASES:
        return _ALIASES[text]
    for words, short in _CC_WORDS.items():
        text = text.replace(words, short)
    if parts := _CC_PARTS.match(text):
        return _creative_commons_name(re.findall("by|nc|sa|nd", parts[1]), parts[2])
    return UNKNOWN


def _from_address(kind: str, version: str | None) -> str:
    if kind in ("zero", "mark"):
        return "CC0-1.0" if kind == "zero" else "public-domain"
    return _creative_commons_name(kind.split("-"), version)


def _creative_commons_name(parts: list[str], version: str | None) -> str:
    order = ("by", "nc", "sa", "nd")
    if not set(parts) <= set(order):
        return UNKNOWN
    kind = "-".join(part.upper() for part in order if part in parts or part == "by")
    number = version or _CC_VERSIONS[-1]
    name = f"CC-{kind}-{number if '.' in number else number + '.0'}"
    return name if name in LICENCES else UNKNOWN


def resulting_licence(licences: Iterable[str]) -> Resulting:
    """Return the licence that the whole carries.

    Args:
        licences: The licences of the parts, in any spelling and order, repeated or not.

    Returns:
        The licence and why. Without any part, ``unknown``: nothing says what is allowed.
    """
    given = sorted(set(licences))
    if not given:
        return Resulting(UNKNOWN, "there is nothing to take a licence from", None, UNKNOWN)
    strange = [text for text in given if normalise(text) == UNKNOWN and text.lower() != UNKNOWN]
    parts = sorted({normalise(text) for text in given}, key=lambda name: LICENCES[name].strictness)
    conditions = frozenset[str]().union(*(LICENCES[name].conditions for name in parts))
    least = max(LICENCES[name].strictness for name in parts)
    result = _first_to_meet(conditions, least, parts)
    because = _because(parts, result)
    if strange:
        because += f"; {', '.join(map(repr, strange))} counts as unknown (not in licences.py)"
    return Resulting(result.name, because, _conflict(parts, result), result.hugging_face)


def _first_to_meet(conditions: frozenset[str], least: int, parts: list[str]) -> Licence:
    """Return the laxest licence that is strict enough; of its versions one of the parts', or 4.0.

    The last licence of the table sets every condition, so there always is one.
    """
    fit = [
        licence
        for licence in LICENCES.values()
        if licence.strictness >= least and licence.conditions >= conditions
    ]
    versions = [licence for licence in fit if licence.strictness == fit[0].strictness]
    return ([licence for licence in versions if licence.name in parts] or versions)[-1]


def _because(parts: list[str], result: Licence) -> str:
    if parts == [result.name]:
        return f"all images are under {result.name}"
    if result.name in parts:
        return f"{result.name} is the strictest of {', '.join(parts)}"
    return f"{result.name} is the laxest that sets every condition of {', '.join(parts)}"


def _conflict(parts: list[str], result: Licence) -> str | None:
    """Say which share-alike licences do not allow the resulting one."""
    broken = [
        name
        for name in parts
        if (allowed := LICENCES[name].successors) and result.name not in allowed
    ]
    if not broken:
        return None
    return (
        f"{' and '.join(broken)} {'asks' if len(broken) == 1 else 'ask'} that adaptations keep "
        f"their own terms, which {result.name} does not; as a collection every image stays under "
        f"its own licence, a single work adapted from all of them could not be published"
    )
