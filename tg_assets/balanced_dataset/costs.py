"""What the dataset cost: everything that was paid, but for evaluating models."""

from __future__ import annotations

import polars as pl

from resources.chat.ledger import Ledger

NOT_OF_THE_DATASET = ("evaluation",)
"""Stages whose answers do not go into the dataset."""


def dataset_costs(ledger: Ledger) -> pl.DataFrame:
    """Return what was paid for the dataset, as `Ledger.costs` tells it."""
    return ledger.costs().filter(~pl.col("stage").is_in(NOT_OF_THE_DATASET))
