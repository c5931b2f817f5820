"""Statements about a picture that are to be checked."""

from tg_assets.scenes.questions.asking import Asker


def verify_claim(asker: Asker, template: str, label: str, claim: str, truth: bool) -> None:
    """Ask whether a statement fits the picture."""
    asker.ask_yes_no(
        template, f"image-text matching~visual entailment~{label} verification",
        ('Does this statement match the picture? "{s}"',
         'True to the picture or not: "{s}"',
         'Check the claim "{s}" against the picture. Does it hold?'),
        truth, "the statement matches the picture", "the statement does not match the picture",
        s=claim,
    )  # fmt: skip
