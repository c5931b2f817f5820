"""Receipts, menus, tickets, shop signs, road signs, notices and timetables."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from tg_assets.scenes.concepts import DOCUMENTS
from tg_assets.scenes.families import document_texts as texts
from tg_assets.scenes.families.document_layout import lay_out
from tg_assets.scenes.families.document_texts import clock, money
from tg_assets.scenes.graph import Scene

Facts = dict[str, Any]
T = TypeVar("T")


def compose(rng: np.random.Generator, seed: int) -> Scene:
    """A document: its kind, its fields and its rows."""
    kind = DOCUMENTS[int(rng.integers(len(DOCUMENTS)))]
    facts: Facts = {"document": kind, **_COMPOSERS[kind](rng)}
    facts["look"] = {
        "theme": int(rng.integers(6)),
        "face": ["sans", "serif", "mono", "sans"][int(rng.integers(4))],
        "style": int(rng.integers(3)),
    }
    sheet = lay_out(facts, *_size(rng, kind, facts))
    return Scene("documents", seed, sheet.width, sheet.height, tuple(sheet.objects), (), facts)


def draw(scene: Scene) -> Image.Image:
    """The document as laid out."""
    return lay_out(scene.facts, scene.width, scene.height).paint()


def _size(rng: np.random.Generator, kind: str, facts: Facts) -> tuple[int, int]:
    """Width and height that hold the text."""
    wide = int(rng.integers(0, 12)) * 4
    if kind == "receipt":
        return 320 + wide, 270 + 24 * len(facts["rows"]) + (44 if facts["change"] else 0)
    if kind == "menu":
        lines = sum(len(s["dishes"]) + 2 for s in facts["sections"])
        return 360 + wide, 110 + 24 * lines
    if kind == "timetable":
        return 420 + wide, 130 + 34 * len(facts["rows"])
    if kind == "road sign":
        return 380 + wide, 130 + 62 * len(facts["rows"])
    if kind == "notice":
        return 380 + wide, 380 + wide
    return 440 + wide, (320 if kind == "shop sign" else 330)


def _pick(rng: np.random.Generator, pool: tuple[T, ...] | list[T]) -> T:
    return pool[int(rng.integers(len(pool)))]


def _several(rng: np.random.Generator, pool: tuple[T, ...] | list[T], count: int) -> list[T]:
    return [pool[int(i)] for i in rng.choice(len(pool), size=count, replace=False)]


def _person(rng: np.random.Generator) -> str:
    return f"{_pick(rng, texts.FIRST)} {_pick(rng, texts.LAST)}"


def _date(rng: np.random.Generator) -> str:
    month, day = int(rng.integers(12)), int(rng.integers(1, 29))
    return f"{day} {texts.MONTHS[month]} {int(rng.integers(2019, 2027))}"


def _phone(rng: np.random.Generator) -> str:
    return " ".join(["555", *(str(int(n)) for n in rng.integers(10, 100, size=3))])


def _receipt(rng: np.random.Generator) -> Facts:
    rows: list[dict[str, Any]] = []
    for name in _several(rng, list(texts.GOODS), int(rng.integers(3, 7))):
        unit = texts.GOODS[name] + 5 * int(rng.integers(-6, 15))
        quantity = int(_pick(rng, (1, 1, 1, 2, 2, 3)))
        rows.append({"name": name, "quantity": quantity, "unit": unit, "total": quantity * unit})
    subtotal = sum(row["total"] for row in rows)
    rate = int(_pick(rng, (5, 7, 8, 10, 20)))
    tax = (subtotal * rate + 50) // 100
    payment = _pick(rng, texts.PAYMENTS)
    total = subtotal + tax
    paid = (total // 500 + 1) * 500 if payment == "Cash" else total
    return {
        "fields": {
            "store name": _pick(rng, texts.STORES),
            "date": _date(rng),
            "receipt number": str(int(rng.integers(10000, 100000))),
            "cashier name": _person(rng),
            "subtotal": money(subtotal),
            "tax": money(tax),
            "total": money(total),
            "payment method": payment,
        },
        "rows": rows, "subtotal": subtotal, "tax_rate": rate, "tax": tax, "total": total,
        "paid": paid, "change": paid - total,
    }  # fmt: skip


def _menu(rng: np.random.Generator) -> Facts:
    names = list(texts.DISHES)
    chosen = sorted(_several(rng, names, int(rng.integers(2, 4))), key=names.index)
    sections = []
    for heading in chosen:
        dishes = _several(rng, list(texts.DISHES[heading]), int(rng.integers(2, 4)))
        sections.append({
            "heading": heading,
            "dishes": [
                {"name": d, "price": texts.DISHES[heading][d] + 10 * int(rng.integers(-8, 20))}
                for d in dishes
            ],
        })  # fmt: skip
    return {"fields": {"restaurant name": _pick(rng, texts.RESTAURANTS)}, "sections": sections}


def _ticket(rng: np.random.Generator) -> Facts:
    row, seat = _pick(rng, tuple("ABCDEFGHK")), int(rng.integers(1, 40))
    return {
        "fields": {
            "event name": _pick(rng, texts.EVENTS),
            "venue": _pick(rng, texts.VENUES),
            "date": _date(rng),
            "time": clock(int(rng.integers(17 * 4, 21 * 4)) * 15),
            "seat": f"{row}{seat}",
            "price": money(int(rng.integers(16, 180)) * 50),
            "ticket number": str(int(rng.integers(100000, 1000000))),
        }
    }


def _shop_sign(rng: np.random.Generator) -> Facts:
    opens, closes = int(rng.integers(14, 21)) * 30, int(rng.integers(33, 41)) * 30
    trade = _pick(rng, texts.TRADES)
    name = f"{_pick(rng, texts.LAST)}'s"
    return {
        "fields": {
            "shop name": f"{name} {trade}",
            "trade": trade,
            "opening hours": f"{clock(opens)} - {clock(closes)}",
            "phone number": _phone(rng),
        },
        "owner": name, "opens": opens, "closes": closes,
        "closed": _pick(rng, ("Sunday", "Monday", "Wednesday")),
    }  # fmt: skip


def _road_sign(rng: np.random.Generator) -> Facts:
    towns = _several(rng, texts.TOWNS, int(rng.integers(2, 5)))
    distances = sorted(
        int(d) for d in rng.choice(np.arange(2, 120, 2), size=len(towns), replace=False)
    )
    rows = [
        {"town": t, "km": d, "way": _pick(rng, ("left", "right", "straight ahead"))}
        for t, d in zip(towns, distances, strict=True)
    ]
    number = f"{_pick(rng, ('A', 'B', 'M', 'R'))} {int(rng.integers(2, 99))}"
    return {"fields": {"road number": number}, "rows": rows}


def _notice(rng: np.random.Generator) -> Facts:
    heading = _pick(rng, list(texts.NOTICES))
    return {
        "fields": {
            "heading": heading,
            "date": _date(rng),
            "time": clock(int(rng.integers(8 * 2, 20 * 2)) * 30),
            "place": f"{int(rng.integers(1, 120))} {_pick(rng, texts.STREETS)}",
            "contact": _person(rng),
        },
        "body": texts.NOTICES[heading],
        "phone": _phone(rng),
    }  # fmt: skip


def _timetable(rng: np.random.Generator) -> Facts:
    count = int(rng.integers(4, 8))
    time = int(rng.integers(6 * 60, 18 * 60))
    rows = []
    station, *towns = _several(rng, texts.TOWNS, count + 1)
    for town in towns:
        rows.append({"time": time, "town": town, "platform": int(rng.integers(1, 10))})
        time += int(rng.integers(4, 40))
    return {"fields": {"station name": f"{station} Station"}, "rows": rows}


_COMPOSERS: dict[str, Callable[[np.random.Generator], Facts]] = {
    "receipt": _receipt,
    "menu": _menu,
    "ticket": _ticket,
    "shop sign": _shop_sign,
    "road sign": _road_sign,
    "notice": _notice,
    "timetable": _timetable,
}
