"""What step-by-step answers will ask: the samples that are there, and those to come.

A sample of the dataset as it stands is asked about for certain only while nothing that the pass
does can push it out; of questions to come, as many become samples as did so far.
"""

from __future__ import annotations

from resources.chat.asking.packing import is_settled
from resources.galaxy import Galaxy
from tg_assets.cot_answers.prompts import STAGE
from tg_assets.cot_answers.questions import questions
from tg_assets.forecasting.known import Remembered
from tg_assets.forecasting.lines import Line
from tg_assets.forecasting.spans import Span
from tg_assets.forecasting.standing import Standing
from tg_assets.tables_io import TableStore

UNMEASURED_ACCEPTED = Span(0.0, 0.7, 1.0)
"""Share of questions that become samples, where there is no dataset yet."""
QUESTION_LIKE = {"question": "Which of the objects on the left is closest to the camera?"}
READ = 40


def add(
    line: Line, galaxy: Galaxy, standing: Standing, remembered: Remembered, coming: Span
) -> None:
    """Add the step-by-step answers to their line.

    Args:
        line: The line of the model that the settings name under ``cot``.
        galaxy: The resource; its tables are read.
        standing: What is made already.
        remembered: What the ledger knows.
        coming: How many questions about images the pass will buy.
    """
    tables = galaxy.tables
    if standing.is_made("cot_answers"):
        return
    line.partitions += 1
    there = tables.stamp("balanced_dataset") is not None
    asked = questions(tables.read("balanced_dataset")) if there else []
    identity = galaxy.chat_model(line.meter.name).identity
    keyed = {STAGE.key(identity, question): question for question in asked}
    known = remembered.known(list(keyed))
    fresh = [q for key, q in keyed.items() if key not in known or not is_settled(known[key])]
    line.known += len(asked) - len(fresh)
    prompt = sum(line.meter.prompt(STAGE.request([question]), None) for question in fresh)
    picture = line.meter.image([], all_of_them=False)
    stays = 1.0 if standing.is_made("balanced_dataset") else 0.0
    old = Span(stays, 1.0, 1.0) * float(len(fresh))
    new = coming * _accepted(tables)
    some = [question.item for question in asked[:READ]] or [QUESTION_LIKE]
    shape = line.meter.shape(STAGE, some)
    line.further = old + new
    line.further_requests = line.further
    text = Span(stays, 1.0, 1.0) * float(prompt) + new * (
        shape.per_item + Span.exactly(shape.fixed)
    )
    line.further_prompt = text + line.further * picture


def _accepted(tables: TableStore) -> Span:
    """Return the share of questions that became samples so far."""
    questions_had = sum(tables.rows("raw_qa", shard) or 0 for shard in tables.partitions("raw_qa"))
    samples = tables.rows("balanced_dataset")
    if not questions_had or samples is None:
        return UNMEASURED_ACCEPTED
    share = min(1.0, samples / questions_had)
    return Span(0.0, share, 1.0)
