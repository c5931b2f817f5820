"""What a shard's stages will ask: what can be built exactly, and what depends on answers to come.

The filter's questions are certain once the candidates are there; a question about a pair once the
filter kept it; a vote once the question is there. What an answer still decides is counted by the
share of earlier shards. A question whose key the ledger has is known, whoever put it before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from resources.chat.asking.packing import is_settled, packed
from resources.chat.ledger import Known
from resources.chat.messages import Answer, Outcome
from resources.chat.stages import Question, Stage
from resources.galaxy import Galaxy
from tg_assets.clip_similarity.candidates import merge
from tg_assets.filtered_pairs import questions as filtering
from tg_assets.filtered_pairs.prompts import STAGE as FILTER
from tg_assets.forecasting.ahead import Listed, Size, sizes_of
from tg_assets.forecasting.growing import Tree
from tg_assets.forecasting.known import Remembered
from tg_assets.forecasting.lines import Line
from tg_assets.forecasting.meters import Shape
from tg_assets.forecasting.rates import Rates
from tg_assets.forecasting.spans import NOTHING, Span
from tg_assets.forecasting.spreading import MANY_A_PICTURE, packed_by, touched
from tg_assets.forecasting.standing import Standing
from tg_assets.raw_qa import questions as writing
from tg_assets.raw_qa.prompts import STAGE as ASK
from tg_assets.referee_scores import questions as judging
from tg_assets.referee_scores.prompts import stage as vote_stage
from tg_assets.tables import CANDIDATE_PAIRS, RAW_QA
from tg_assets.task_tree.paths import task_paths
from tg_assets.withdrawals.listed import read_withdrawals

ALL = Span.exactly(1.0)


@dataclass(frozen=True, slots=True)
class Lines:
    """The forecast's lines of the stages that ask about images."""

    filter: Line
    ask: Line
    votes: dict[str, Line]


@dataclass(frozen=True, slots=True)
class Shapes:
    """Prompt tokens of requests that cannot be rendered yet."""

    filter: Shape
    ask: Shape
    votes: dict[str, tuple[Shape, Span]]  # and how far the length of unwritten questions may be off


@dataclass(slots=True)
class _Images:
    """A shard's images: those of the pool, or as many as may come of its files."""

    pool: pl.DataFrame | None
    count: Span
    sizes: dict[str, Size] = field(default_factory=dict)
    sample: Sequence[Size] = ()
    staying: Span = ALL  # share of the candidates known now that new ones do not push out


@dataclass(slots=True)
class _Open:
    """Where a stage's questions stand.

    Attributes:
        settled: By key, those that are answered for good.
        open: By key, those that will be asked.
        known: By key, what the ledger has of them, settled or not.
    """

    keys: list[str]
    settled: dict[str, Answer]
    open: dict[str, Question]
    known: dict[str, Known]


class Shards:
    """Adds what each shard will ask to the forecast's lines."""

    def __init__(
        self,
        galaxy: Galaxy,
        standing: Standing,
        remembered: Remembered,
        tree: Tree,
        rates: Rates,
        lines: Lines,
        shapes: Shapes,
    ) -> None:
        self._galaxy = galaxy
        self._settings = galaxy.settings
        self._tables = galaxy.tables
        self._standing = standing
        self._remembered = remembered
        self._tree = tree
        self._rates = rates
        self._lines = lines
        self._shapes = shapes
        self._paths = task_paths(galaxy.tables)
        self._asked_already: dict[str, set[str]] = {}
        withdrawn = read_withdrawals(galaxy.settings.withdrawals)
        self._withdrawn_types = set(withdrawn.filter(pl.col("kind") == "task_type")["id"])
        self._withdrawn_images = withdrawn.filter(pl.col("kind") == "image")["id"].to_list()

    def add(self, shard: Listed) -> None:
        """Add one shard's questions to the lines."""
        key = shard.key
        made = {
            "filtered_pairs": self._standing.is_made("filtered_pairs", key),
            "raw_qa": self._standing.is_made("raw_qa", key),
            **{
                referee: self._standing.is_made("referee_scores", key, referee)
                for referee in self._settings.referees
            },
        }
        if all(made.values()):
            return
        images = self._images(shard)
        rows, entering = self._candidates(key, images)
        verdicts = self._filter(key, rows, entering, images, made["filtered_pairs"])
        qa, maybe_qa, coming = self._ask(key, rows, verdicts, entering, images, made["raw_qa"])
        for referee in sorted(self._settings.referees):
            if not made[referee]:
                self._judge(referee, qa, maybe_qa, coming, images)

    def _images(self, shard: Listed) -> _Images:
        if self._standing.is_made("image_pool", shard.key):
            pool = self._tables.read("image_pool", shard.key)
            rows = pool.select("image_id", "width", "height").iter_rows()
            sizes = {image: (width, height) for image, width, height in rows}
            return _Images(pool, Span.exactly(len(sizes)), sizes, list(sizes.values()))
        photos = shard.files - shard.drawn
        count = Span.exactly(shard.drawn) + self._rates.images(photos) * photos
        return _Images(None, count, sample=sizes_of(shard.uris))

    def _candidates(self, shard: str, images: _Images) -> tuple[pl.DataFrame, Span]:
        """Return the pairs that are known to be candidates, and how many more will be."""
        k = self._settings.match.top_k
        if images.pool is None:
            per_image = self._tree.size.within(0, k)
            return self._rows(CANDIDATE_PAIRS.empty(), None), images.count * per_image
        if self._standing.is_made("candidate_pairs", shard):
            return self._rows(self._tables.read("candidate_pairs", shard), images.pool), NOTHING
        batches = [
            batch
            for batch in self._tree.sizes
            if self._standing.is_made("clip_similarity", shard, batch)
        ]
        if not batches:
            per_image = self._tree.size.within(0, k)
            return self._rows(CANDIDATE_PAIRS.empty(), None), images.count * per_image
        cells = (self._tables.read("clip_similarity", shard, batch) for batch in batches)
        pairs = merge(cells, k, self._withdrawn_types)
        pairs = pairs.filter(~pl.col("image_id").is_in(self._withdrawn_images))
        old = sum(self._tree.sizes[batch].expected for batch in batches)
        new = NOTHING
        for batch, size in self._tree.sizes.items():
            new = new + (NOTHING if batch in batches else size)
        # types are exchangeable as far as anybody knows: as large a share of the best as of all
        share = new.expected / max(1.0, old + new.expected)
        per_image = Span(0.0, share * k, min(float(k), new.high))
        images.staying = Span(1 - per_image.high / k, 1 - share, 1.0)
        return self._rows(pairs, images.pool), images.count * per_image

    def _rows(self, pairs: pl.DataFrame, pool: pl.DataFrame | None) -> pl.DataFrame:
        if pool is None:
            pool = pl.DataFrame(schema={"image_id": pl.String, "uri": pl.String})
        return filtering.candidates(pairs, pool, self._paths)

    def _filter(
        self, shard: str, rows: pl.DataFrame, entering: Span, images: _Images, made: bool
    ) -> list[bool | None]:
        """Add the filter's questions; return the verdict on each row, null where there is none."""
        if made:
            given = self._tables.read("filtered_pairs", shard).select("image_id", "task_id", "kept")
            said = {(i, t): bool(kept) for i, t, kept in given.iter_rows()}
            pairs = rows.select("image_id", "task_id").iter_rows()
            return [said.get(pair, False) for pair in pairs]
        line = self._lines.filter
        line.partitions += 1
        found = self._look_up(FILTER, filtering.questions(rows), self._settings.filter)
        self._add_certain(line, FILTER, found, images, self._settings.filter)
        about = touched(entering, images.count)
        requests = packed_by(self._per_request(self._settings.filter), entering, about)
        self._add_further(line, entering, requests, self._shapes.filter, images)
        # an answer without a value is a verdict, too: the pair is not asked about
        return [
            bool(found.settled[key].value) if key in found.settled else None for key in found.keys
        ]

    def _ask(
        self,
        shard: str,
        rows: pl.DataFrame,
        verdicts: Sequence[bool | None],
        entering: Span,
        images: _Images,
        made: bool,
    ) -> tuple[pl.DataFrame, pl.DataFrame, Span]:
        """Add the questions about kept pairs.

        Returns:
            The questions that are there, those that are there if the filter keeps their pair, and
            how many more are to come.
        """
        if made:
            return self._tables.read("raw_qa", shard), RAW_QA.empty(), NOTHING
        line, model = self._lines.ask, self._settings.ask
        line.partitions += 1
        kept = rows.filter(pl.Series(verdicts, dtype=pl.Boolean).fill_null(False))
        kept = kept.sort("image_id", "task_id")
        found = self._look_up(ASK, writing.questions(kept), model)
        self._add_certain(line, ASK, found, images, model)
        maybe = rows.filter(pl.Series(verdicts, dtype=pl.Boolean).is_null())
        perhaps = self._look_up(ASK, writing.questions(maybe), model)
        n_images = round(images.count.expected)
        share = self._rates.kept(n_images)
        undecided = Span.exactly(len(perhaps.open)) + entering
        further = undecided * share
        about = self._images_asked_about(perhaps, entering, undecided, further, images)
        requests = packed_by(self._per_request(model), further, about)
        self._add_further(line, further, requests, self._shapes.ask, images)
        coming = (Span.exactly(len(found.open)) + further) * self._rates.had(n_images)
        return self._had(kept, found, model), self._had(maybe, perhaps, model), coming

    def _images_asked_about(
        self, perhaps: _Open, entering: Span, undecided: Span, further: Span, images: _Images
    ) -> Span:
        """Return how many images the filter may keep something of, of those it has to judge."""
        waiting = {q.image.image_id for q in perhaps.open.values() if q.image is not None}
        judged = Span.exactly(len(waiting)) + touched(entering, images.count)
        judged = judged.within(0, images.count.high)
        if undecided.expected < MANY_A_PICTURE * judged.expected:
            return touched(further, judged)
        return judged * self._rates.asked(round(judged.expected))

    def _had(self, rows: pl.DataFrame, found: _Open, model: str) -> pl.DataFrame:
        """Return the questions that the ledger holds for some of these rows."""
        none = Answer(Outcome.FAILED, None, None)
        answers = [found.settled.get(key, none) for key in found.keys]
        return writing.split(rows, answers, model)[0]

    def _judge(
        self,
        referee: str,
        qa: pl.DataFrame,
        maybe_qa: pl.DataFrame,
        coming: Span,
        images: _Images,
    ) -> None:
        line, model = self._lines.votes[referee], self._settings.referees[referee]
        line.partitions += 1
        sees = self._settings.referee_sees
        stage = vote_stage(sees)
        found = self._look_up(stage, self._about(qa, images, sees), model)
        self._add_certain(line, stage, found, images, model)
        identity = self._galaxy.chat_model(model).identity
        if any(
            self._galaxy.chat_model(other).identity == identity
            for name, other in self._settings.referees.items()
            if name < referee
        ):
            return  # it gives the same votes, and they are bought once
        perhaps = self._look_up(stage, self._about(maybe_qa, images, sees), model)
        share = self._rates.kept(round(images.count.expected))
        further = coming + share * len(perhaps.open)
        shape, length = self._shapes.votes[referee]
        self._add_further(line, further, further, shape, images, length)

    def _about(self, qa: pl.DataFrame, images: _Images, sees: str) -> list[Question]:
        if images.pool is None or qa.is_empty():
            return []
        return judging.questions(judging.judged(qa, images.pool, self._paths), sees)

    def _look_up(self, stage: Stage, questions: Sequence[Question], model: str) -> _Open:
        identity = self._galaxy.chat_model(model).identity
        keys = [stage.key(identity, question) for question in questions]
        known = self._remembered.known(keys)
        settled = {key: found.answer for key, found in known.items() if is_settled(found)}
        opened = {
            key: question
            for key, question in zip(keys, questions, strict=True)
            if key not in settled
        }
        return _Open(keys, settled, opened, known)

    def _add_certain(
        self, line: Line, stage: Stage, found: _Open, images: _Images, model: str
    ) -> None:
        """Count the requests that ask what is open, one by one; twins of another shard once.

        Where new task types may push candidates out, what is open is not certain.
        """
        before = self._asked_already.setdefault(stage.name, set())
        fresh = {key: question for key, question in found.open.items() if key not in before}
        before.update(fresh)
        line.known += len(found.keys) - len(fresh)
        requests = prompt = 0
        for pending in packed(stage, fresh, self._per_request(model), found.known):
            image = pending.questions[0].image
            size = images.sizes.get(image.image_id) if image else None
            requests += 1
            prompt += line.meter.prompt(stage.request(pending.questions), size)
        if images.staying.is_known:
            line.certain += len(fresh)
            line.certain_requests += requests
            line.certain_prompt += prompt
        else:
            line.further = line.further + images.staying * len(fresh)
            line.further_requests = line.further_requests + images.staying * requests
            line.further_prompt = line.further_prompt + images.staying * prompt

    def _add_further(
        self,
        line: Line,
        questions: Span,
        requests: Span,
        shape: Shape,
        images: _Images,
        length: Span | None = None,
    ) -> None:
        if not questions.high:
            return
        picture = line.meter.image(images.sample, all_of_them=images.pool is not None)
        text = requests * shape.fixed + questions * shape.per_item
        line.further = line.further + questions
        line.further_requests = line.further_requests + requests
        line.further_prompt = (
            line.further_prompt + text * (length or Span.exactly(1.0)) + requests * picture
        )

    def _per_request(self, model: str) -> int:
        return self._galaxy.chat_model(model).items_per_request
