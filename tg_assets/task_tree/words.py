"""Words of task names in one spelling and one form, for comparing names and never for showing them.

Only the words that say what is done with a picture (``count``, ``recognise``...) are unified over
all their forms. Of every other word only the plural goes: stripping endings in general would make
one of *parking* and *park*, *training* and *train*, *shopping* and *shop*.
"""

from __future__ import annotations

import re
from functools import lru_cache

_TASK_VERBS = (
    "align annotate answer assess calculate caption categorize classify compare complete compute "
    "count describe detect determine diagnose distinguish edit enumerate estimate evaluate examine "
    "explain extract find forecast generate group identify infer inspect interpret judge label "
    "list localize locate match measure monitor order paraphrase parse predict question rank read "
    "reason recognize recommend reconstruct retrieve rewrite score segment select sequence solve "
    "sort spot suggest summarize tag track transcribe translate understand validate verify"
)
_NOUNS_OF_VERBS = {
    "align": "alignment",
    "annotate": "annotation",
    "assess": "assessment",
    "calculate": "calculation",
    "categorize": "categorization",
    "classify": "classification",
    "compare": "comparison",
    "complete": "completion",
    "compute": "computation",
    "describe": "description",
    "detect": "detection",
    "determine": "determination",
    "diagnose": "diagnosis diagnoses",
    "enumerate": "enumeration",
    "estimate": "estimation",
    "evaluate": "evaluation",
    "explain": "explanation",
    "extract": "extraction",
    "generate": "generation",
    "identify": "identification",
    "infer": "inference",
    "inspect": "inspection",
    "interpret": "interpretation",
    "judge": "judgment judgement",
    "localize": "localization",
    "locate": "location",
    "measure": "measurement",
    "predict": "prediction",
    "recognize": "recognition",
    "recommend": "recommendation",
    "reconstruct": "reconstruction",
    "retrieve": "retrieval",
    "segment": "segmentation",
    "select": "selection",
    "solve": "solution",
    "suggest": "suggestion",
    "summarize": "summarization summary",
    "transcribe": "transcription",
    "translate": "translation",
    "validate": "validation",
    "verify": "verification",
}
_EXTRA_FORMS = {
    "analysis": "analyze analyzes analyzed analyzing analyses",
    "find": "found",
    "understand": "understood",
    "rewrite": "rewrote rewritten",
    "reason": "reasoning reasonings",
}
_DOUBLED = ("infer", "tag", "spot", "submit")
"""Verbs that double their last letter: ``inferring``."""

_PLURAL_PAIRS = (
    "people:person men:man women:woman children:child mice:mouse geese:goose feet:foot "
    "teeth:tooth leaves:leaf knives:knife shelves:shelf wolves:wolf loaves:loaf lives:life "
    "wives:wife scarves:scarf halves:half calves:calf hooves:hoof thieves:thief "
    "criteria:criterion phenomena:phenomenon vertices:vertex matrices:matrix indices:index "
    "appendices:appendix axes:axis hypotheses:hypothesis theses:thesis crises:crisis "
    "parentheses:parenthesis bases:basis formulae:formula fungi:fungus cacti:cactus "
    "bacteria:bacterium nuclei:nucleus movies:movie selfies:selfie cookies:cookie "
    "zombies:zombie calories:calorie buses:bus lenses:lens viruses:virus gases:gas "
    "statuses:status canvases:canvas campuses:campus biases:bias atlases:atlas "
    "shoes:shoe toes:toe canoes:canoe infographics:infographic comics:comic topics:topic "
    "characteristics:characteristic metrics:metric mosaics:mosaic fabrics:fabric "
    "clinics:clinic critics:critic pics:pic"
)
_PLURALS = dict(pair.split(":") for pair in _PLURAL_PAIRS.split())
_UNCHANGED = "series species news lens canvas gas bus atlas alias bias chaos"
_NO_PLURALS = frozenset(_UNCHANGED.split())
_NO_PLURAL_ENDING = re.compile(r"(?:ss|us|is|ics)$")
_PLURAL_ENDINGS = (
    # The first ending that fits decides.
    (re.compile(r"(?<=..)ies$"), "y"),
    (re.compile(r"(?<=ss|ch|sh|zz)es$|(?<=[xo])es$"), ""),
    (re.compile(r"(?<=..)s$"), ""),
)

_SPELLINGS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # British to American. What is no word in either stays harmless: it is only compared.
        (r"(?<=...)is(e[drs]?|ing|ations?|ers)$", r"iz\1"),
        (r"lys(e[drs]?|ing)$", r"lyz\1"),
        (
            r"(col|behavi|flav|hum|lab|neighb|fav|hon|harb|rum|tum|od|vap|arm|sav|glam|endeav)our",
            r"\1or",
        ),
        (r"^(cent|theat|(?:\w*)met|lit|fib|calib)re(s?)$", r"\1er\2"),
        (r"^(catal|dial|anal|mon)ogue", r"\1og"),
        (r"((?:a|e)(?:bel|del|vel|nel)|ignal|ancel|uel|ounsel|ewel|ial|otal)l(?=ing|ed|er)", r"\1"),
        (r"^grey", "gray"),
        (r"^programmes?$", "program"),
        (r"^(lic|def|off)ence", r"\1ense"),
        (r"^artefact", "artifact"),
        (r"^tyre", "tire"),
        (r"^aluminium", "aluminum"),
        (r"^jewellery", "jewelry"),
        (r"^cheque", "check"),
        (r"^ageing", "aging"),
        (r"^mould", "mold"),
        (r"^moustache", "mustache"),
        (r"^aeroplane", "airplane"),
        (r"^sceptic", "skeptic"),
        (r"^pyjama", "pajama"),
        (r"(?<=^p)ae(?=di)|(?<=orthop)ae|(?<=h)ae(?=m)|(?<=an)ae(?=[ms])|(?<=leuk)ae", "e"),
        (r"(?<=arch)ae(?=o)|(?<=encyclop)ae|(?<=gyn)ae", "e"),
        (r"^o(?=edema|esoph|estro)", ""),
        (r"^foet", "fet"),
    )
)


def _forms(verb: str) -> set[str]:
    """Return the regular forms of a verb."""
    stem = verb[:-1] if verb.endswith("e") else verb
    if verb in _DOUBLED:
        stem += verb[-1]
    if verb.endswith("y"):
        return {verb, f"{verb[:-1]}ies", f"{verb[:-1]}ied", f"{verb}ing"}
    third = f"{verb}es" if verb.endswith(("ch", "sh", "ss", "x")) else f"{verb}s"
    return {verb, third, f"{stem}ed", f"{stem}ing"}


def _families() -> dict[str, str]:
    family = {form: verb for verb in _TASK_VERBS.split() for form in _forms(verb)}
    for verb, nouns in (_NOUNS_OF_VERBS | _EXTRA_FORMS).items():
        for noun in nouns.split():
            family |= {noun: verb, f"{noun}s": verb}
    return family


_FAMILY = _families()


@lru_cache(maxsize=65_536)
def spelled(word: str) -> str:
    """Return the American spelling of a word."""
    for pattern, replacement in _SPELLINGS:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=65_536)
def singular(word: str) -> str:
    """Return the singular of a word; of words that are none, the word."""
    if word in _PLURALS:
        return _PLURALS[word]
    if word in _NO_PLURALS or _NO_PLURAL_ENDING.search(word):
        return word
    for pattern, ending in _PLURAL_ENDINGS:
        if pattern.search(word):
            return pattern.sub(ending, word)
    return word


def stem(word: str) -> str:
    """Return what stands for a word and all its forms when names are compared."""
    american = spelled(word)
    return _FAMILY.get(american) or _FAMILY.get(one := singular(american)) or one
