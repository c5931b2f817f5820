"""Templates over the printed fields that every document has."""

import re
from collections.abc import Callable
from typing import Any

from tg_assets.scenes.concepts import DOCUMENTS, article, listed
from tg_assets.scenes.families import document_texts as texts
from tg_assets.scenes.families.document_texts import clock, money
from tg_assets.scenes.questions.asking import Asker
from tg_assets.scenes.questions.captions import Caption, ask_captions, ask_summary
from tg_assets.scenes.questions.claims import verify_claim
from tg_assets.scenes.questions.document_rows import ask_rows

_DATED = re.compile(r"(\d+) (\w+) (\d{4})")
_POOLS: dict[str, tuple[str, ...]] = {
    "store name": texts.STORES, "restaurant name": texts.RESTAURANTS, "event name": texts.EVENTS,
    "venue": texts.VENUES, "trade": texts.TRADES, "payment method": texts.PAYMENTS,
    "heading": tuple(texts.NOTICES), "station name": tuple(f"{t} Station" for t in texts.TOWNS),
}  # fmt: skip
_PEOPLE = tuple(f"{a} {b}" for a, b in zip(texts.FIRST, texts.LAST, strict=False))
_ASKED = {
    "store name": "Which store issued the receipt?",
    "payment method": "How was the bill on this receipt paid?",
    "cashier name": "Who was the cashier?",
    "event name": "Which event is the ticket for?",
    "venue": "Where does the event on the ticket take place?",
    "seat": "Which seat is reserved by the ticket?",
    "trade": "What kind of shop does the sign belong to?",
    "opening hours": "When is the shop on the sign open?",
    "contact": "Who is the contact person on the notice?",
    "heading": "What is the notice about, by its heading?",
    "place": "Which address does the notice give?",
    "station name": "At which station does this timetable hang?",
    "road number": "Which road number is on the sign?",
}


def ask_document(asker: Asker) -> None:
    """Hand in every question about a document."""
    facts = asker.scene.facts
    kind, fields = str(facts["document"]), dict(facts["fields"])
    wrong = {role: wrong_values(asker, role, text) for role, text in fields.items()}
    for role, text in fields.items():
        _read_field(asker, kind, role, text, wrong[role])
    _fields_present(asker, kind, fields)
    _topic(asker, kind, fields)
    _keyphrases(asker, kind, fields, wrong)
    _captions(asker, kind, fields, wrong)
    ask_rows(asker, kind, facts)


def wrong_values(asker: Asker, role: str, text: str) -> list[str]:
    """False values of a field that look like true ones."""
    if role in _POOLS:
        return asker.some([v for v in _POOLS[role] if v != text], 3, role)
    if role in ("cashier name", "contact"):
        return asker.some([v for v in _PEOPLE if v != text], 3, role)
    if role == "shop name":
        owner, _, trade = text.partition("'s ")
        others = [f"{n}'s {trade}" for n in texts.LAST if n != owner]
        return [*asker.some(others, 2, role), f"{owner}'s Laundry"]
    dated = _DATED.fullmatch(text)
    if dated:
        day, month, year = dated.groups()
        other = texts.MONTHS[(texts.MONTHS.index(month) + 1) % 12]
        return [f"{int(day) + 1} {month} {year}", f"{day} {other} {year}",
                f"{day} {month} {int(year) + 1}"]  # fmt: skip
    return _other_numbers(asker, role, text)


def _other_numbers(asker: Asker, role: str, text: str) -> list[str]:
    """The same text with one digit changed; other digits each time."""
    spots = [i for i, c in enumerate(text) if c.isdigit()]
    if role == "opening hours" or ":" in text:
        opens, _, closes = text.partition(" - ")
        later = [_later(opens, m) + (f" - {closes}" if closes else "") for m in (30, 60)]
        return later + ([f"{opens} - {_later(closes, 30)}"] if closes else [_later(opens, 15)])
    found = []
    for spot in asker.some(spots, 3, "digit", role):
        digit = str((int(text[spot]) % 9) + 1)
        found.append(text[:spot] + digit + text[spot + 1 :])
    return [f for f in found if f != text]


def _later(time: str, minutes: int) -> str:
    hours, rest = (int(part) for part in time.split(":"))
    return clock((hours * 60 + rest + minutes) % 1440)


def _read_field(asker: Asker, kind: str, role: str, text: str, wrong: list[str]) -> None:
    forms = [(f"What is the {role} on this {kind}?", f"The {role} is {{v}}."),
             (f"Read the {role} from the {kind}.", "{v}"),
             (f"Which {role} does the {kind} show?", f"It shows {{v}} as the {role}.")]  # fmt: skip
    if role in _ASKED:
        forms.append((_ASKED[role], "{v}"))
    asker.ask(f"read {role}", f"ocr~{kind} ocr~{role} extraction", forms, text, wrong)
    truth = asker.draw(2, "field claim", role) == 0
    said = text if truth else asker.pick(wrong, "field claim", role)
    priced = role in ("subtotal", "tax", "total", "price")
    label = "price claim" if priced else "sign text claim"
    verify_claim(asker, f"claim {label}", label, f"The {role} on the {kind} is {said}.", truth)
    asker.ask_choice(
        "choose field", f"multiple choice questions~document-based~{kind} multiple choice",
        (f"Which {role} does the {kind} show?", f"Pick the {role} printed on the {kind}:"),
        text, wrong,
    )  # fmt: skip


_NEVER = ("e-mail address", "web address", "expiry date", "barcode")


def _fields_present(asker: Asker, kind: str, fields: dict[str, Any]) -> None:
    path = f"detection~document field detection~{kind} field detection"
    for role in asker.some(list(fields), 2, "fields"):
        absent = asker.pick(_NEVER, role)
        for name, truth in ((role, True), (absent, False)):
            asker.ask_yes_no(
                "field present", path,
                ("Does the {k} give the {a}?", "Is the {a} printed on this {k}?"),
                truth, "the {k} gives the {a}", "the {k} does not give the {a}", k=kind, a=name,
            )  # fmt: skip


def _topic(asker: Asker, kind: str, fields: dict[str, Any]) -> None:
    subjects = {
        "receipt": "shopping", "menu": "eating out", "ticket": "entertainment",
        "shop sign": "local shops", "road sign": "road travel", "notice": "neighborhood news",
        "timetable": "public transport",
    }  # fmt: skip
    own = subjects[kind]
    wrong = asker.some([subjects[d] for d in DOCUMENTS if d != kind], 3, "topic")
    first = str(next(iter(fields.values())))
    asker.ask(
        "document topic", f"topic classification~document topic classification~{kind} topic",
        [('Which topic does the {k} with "{f}" belong to: {o}?', "It belongs to {v}."),
         ('Classify the document that says "{f}" by topic. Choose from: {o}.', "{v}")],
        own, wrong, k=kind, f=first, o=", ".join(sorted([own, *wrong])),
    )  # fmt: skip


def _keyphrases(
    asker: Asker, kind: str, fields: dict[str, Any], wrong: dict[str, list[str]]
) -> None:
    roles = list(fields)[:3]
    own = [str(fields[r]) for r in roles]
    false = ["; ".join(wrong[r][0] if r == one else str(fields[r]) for r in roles) for one in roles]
    asker.ask(
        "document keyphrases",
        f"concept extraction~keyphrase extraction~"
        f"{kind} keyphrase extraction",
        [("Extract from the {k}, separated by semicolons: {r}.", "{v}"),
         ("Give these parts of the {k}, separated by semicolons: {r}.", "{v}")],
        "; ".join(own), false, k=kind, r=listed(roles),
    )  # fmt: skip


def _rows_said(kind: str, facts: dict[str, Any]) -> str:
    """The rows of a document in a sentence; empty where it has none."""
    if kind == "receipt":
        rows = [f"{r['quantity']} x {r['name']} for {money(r['total'])}" for r in facts["rows"]]
        return f" It lists {listed(rows)}."
    if kind == "menu":
        rows = [
            f"{d['name']} ({money(d['price'])})" for s in facts["sections"] for d in s["dishes"]
        ]
        return f" It offers {listed(rows)}."
    if kind == "road sign":
        rows = [f"{r['town']} in {r['km']} km" for r in facts["rows"]]
        return f" It points to {listed(rows)}."
    if kind == "timetable":
        rows = [f"{clock(r['time'])} to {r['town']}" for r in facts["rows"]]
        return f" The departures are {listed(rows)}."
    return ""


_BRIEFS: dict[str, str] = {
    "receipt": "A receipt from {store name} dated {date} with a total of {total}.",
    "menu": "The menu of the restaurant {restaurant name}.",
    "ticket": "A ticket for {event name} at {venue} on {date}.",
    "shop sign": "The sign of {shop name}, open {opening hours}.",
    "road sign": "A direction sign on road {road number}.",
    "notice": 'A notice headed "{heading}" for {date} at {time}.',
    "timetable": "The departure timetable of {station name}.",
}


def _captions(asker: Asker, kind: str, fields: dict[str, Any], wrong: dict[str, list[str]]) -> None:
    text = _BRIEFS[kind]
    used = [r for r in fields if f"{{{r}}}" in text]
    false = [text.format(**{**fields, r: w}) for r in used for w in wrong[r][: 4 - len(used)]]

    def detailed(said: dict[str, Any]) -> str:
        named = listed([f"the {role} {value}" for role, value in said.items()])
        rows = _rows_said(kind, asker.scene.facts)
        return f"This is {article(kind)}. It shows {named}.{rows}"

    mixed = [detailed({**fields, r: wrong[r][0]}) for r in list(fields)[:3]]
    ask_captions(asker, Caption(kind, text.format(**fields), false, detailed(fields), mixed))
    _summary(asker, kind, fields, wrong, used)


def _summary(
    asker: Asker, kind: str, fields: dict[str, Any], wrong: dict[str, list[str]], used: list[str]
) -> None:
    facts = asker.scene.facts
    counters: dict[str, Callable[[], str]] = {
        "receipt": lambda: f" It covers {len(facts['rows'])} different items.",
        "menu": lambda: f" It has {len(facts['sections'])} sections.",
        "road sign": lambda: f" It gives distances to {len(facts['rows'])} places.",
        "timetable": lambda: f" It lists {len(facts['rows'])} departures.",
        "shop sign": lambda: f" It is closed on {facts['closed']}.",
        "notice": lambda: f" {facts['body']}",
        "ticket": lambda: f" It costs {fields['price']}.",
    }
    extra = counters[kind]()
    texts_said = [
        _BRIEFS[kind].format(**said) + extra
        for said in (fields, *({**fields, r: wrong[r][0]} for r in used))
    ]
    path = f"summarization~document summarization~{kind} summarization"
    ask_summary(asker, path, texts_said[0], texts_said[1:], kind)
