"""Captions, descriptions, classification and caption choice, the same way for every picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from tg_assets.scenes.concepts import COMPOSITIONS, PICTURES, article
from tg_assets.scenes.questions.asking import Asker


@dataclass(frozen=True)
class Caption:
    """What can be said of a picture in one line and at length, with false versions of both."""

    picture: str  # one of PICTURES
    brief: str
    brief_wrong: Sequence[str]
    detailed: str
    detailed_wrong: Sequence[str]


def ask_captions(asker: Asker, caption: Caption) -> None:
    """Hand in the description questions of one picture."""
    kind = caption.picture
    noun = "picture" if kind in COMPOSITIONS.values() else kind
    asker.ask(
        "brief caption", f"image description~brief captioning~{kind} captioning",
        [("Write a one-sentence caption for this {n}.", "{v}"),
         ("Caption the {n} in a single sentence.", "{v}"),
         ("Sum up in one sentence what this {n} shows.", "{v}")],
        caption.brief, caption.brief_wrong, n=noun,
    )  # fmt: skip
    asker.ask(
        "detailed description",
        f"image description~detailed description~"
        f"detailed {kind} description",
        [("Describe this {n} in detail.", "{v}"),
         ("Give a detailed description of everything the {n} shows.", "{v}"),
         ("What does this {n} show? Go through it part by part.", "{v}")],
        caption.detailed, caption.detailed_wrong, n=noun,
    )  # fmt: skip
    asker.ask_choice(
        "caption selection", f"image-text matching~caption selection~{kind} caption selection",
        ("Which caption belongs to this picture?", "Select the caption that is true of the image:"),
        caption.brief, caption.brief_wrong,
    )  # fmt: skip
    others = asker.some([p for p in PICTURES if not _alike(p, kind)], 3, "kind")
    asker.ask(
        "classify picture", f"scene understanding~scene classification~{kind} classification",
        [("What kind of picture is this?", "It is {v}."),
         ("Classify the image by what it shows.", "It is {v}."),
         (f"Is this {article(kind)} or {article(others[0])}?", "It is {v}.")],
        article(kind), [article(o) for o in others],
    )  # fmt: skip


def _alike(first: str, second: str) -> bool:
    """Whether one name could pass for the other: a horizontal bar chart is a bar chart too."""
    return first.endswith(second) or second.endswith(first)


def ask_summary(
    asker: Asker, path: str, right: str, wrong: Sequence[str], noun: str = "picture"
) -> None:
    """Hand in a request for a summary."""
    asker.ask(
        "summary", path,
        [("Summarize this {n}.", "{v}"),
         ("Give the gist of this {n} in a sentence or two.", "{v}"),
         ("Write a short summary of the {n}.", "{v}")],
        right, wrong, n=noun,
    )  # fmt: skip
