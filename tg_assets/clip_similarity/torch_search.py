"""A search by torch's bfloat16 product: on processors that have its instructions, and on GPUs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tg_assets.clip_similarity import error_bounds as bounds
from tg_assets.clip_similarity.error_bounds import Doubles
from tg_assets.clip_similarity.exact_scores import LANES, Floats, folded
from tg_assets.clip_similarity.searches import SPARE, Found, Tasks, proven


class TorchSearch:
    """See `searches.Search`.

    On the CPU compiled kernels select and score; elsewhere torch does, with the same scores.

    Args:
        tasks: The task types.
        device: torch's name of the device.
        compiled: Whether the compiled kernels select and score, on the CPU.
    """

    threads = 1  # torch uses all of them for one block

    def __init__(self, tasks: Tasks, device: str, compiled: bool) -> None:
        import torch

        self.torch = torch
        self.tasks = tasks
        self.device = torch.device(device)
        self.compiled = compiled
        self.rows = 512 if self.device.type == "cpu" else 8192
        exact = torch.from_numpy(tasks.vectors)
        rounded = exact.bfloat16()
        self.lost = float(bounds.lengths((exact - rounded.float()).numpy()).max())
        self.right = rounded.to(self.device)
        self.vectors = exact.to(self.device)
        self.place = torch.from_numpy(tasks.place).to(self.device)

    def block(self, images: Floats, length: Doubles, width: int) -> Found:
        """See `searches.Search`."""
        keep = min(width + SPARE, len(self.tasks.vectors))
        with self.torch.inference_mode():
            exact = self.torch.from_numpy(images)
            rounded = exact.bfloat16()
            lost = bounds.lengths((exact - rounded.float()).numpy())
            products = self._product(rounded)
            if self.compiled:
                floors, indices, scores = self._select_compiled(products, images, keep, width)
            else:
                floors, indices, scores = self._select_on_device(products, exact, keep, width)
        ceiling = np.full(len(images), -np.inf)
        if keep < len(self.tasks.vectors):
            ceiling = self._ceiling(floors, images.shape[1], length, lost)
        return Found(indices, scores, proven(scores, ceiling, length, self.tasks.longest))

    def _product(self, rounded: Any) -> Any:
        """Multiply, adding up in float32 on every device."""
        matmul = self.torch.backends.cuda.matmul
        before = matmul.allow_bf16_reduced_precision_reduction
        matmul.allow_bf16_reduced_precision_reduction = False
        try:
            return self.torch.mm(rounded.to(self.device), self.right.T)
        finally:
            matmul.allow_bf16_reduced_precision_reduction = before

    def _ceiling(self, floors: Any, dimensions: int, length: Doubles, lost: Doubles) -> Doubles:
        longest = self.tasks.longest
        error = bounds.operands(length, lost, longest, self.lost) + bounds.accumulation(
            dimensions, length + lost, longest + self.lost, bounds.ACCUMULATION
        )
        # The product was rounded to bfloat16: what is left out may be half a step above it.
        ceiling: Doubles = floors + error + bounds.BFLOAT16 * (np.abs(floors) + error)
        return ceiling

    def _select_compiled(
        self, products: Any, images: Floats, keep: int, width: int
    ) -> tuple[Any, Any, Any]:
        from tg_assets.clip_similarity import kernels

        n = len(images)
        keys = np.empty((n, 2 * keep), np.int16)
        places = np.empty((n, 2 * keep), np.int32)
        floors = np.empty(n, np.int16)
        indices = np.empty((n, width), np.int32)
        scores = np.empty((n, width), np.float32)
        kernels.best_keys(products.view(self.torch.int16).numpy(), keep, keys, places, floors)
        kernels.best_scores(
            images, self.tasks.vectors, places[:, :keep], self.tasks.place, indices, scores
        )
        return _float_of_key(floors), indices, scores

    def _select_on_device(
        self, products: Any, exact: Any, keep: int, width: int
    ) -> tuple[Any, Any, Any]:
        torch = self.torch
        found = torch.topk(products, keep, dim=1)
        # In the order of ids, so that a stable sort by score leaves ties in it.
        order = torch.argsort(self.place[found.indices], dim=1)
        candidates = torch.gather(found.indices, 1, order)
        scores = self._scores(exact.to(self.device), candidates)
        best = torch.sort(scores, dim=1, descending=True, stable=True)
        indices = torch.gather(candidates, 1, best.indices)[:, :width]
        floors = found.values[:, -1].double().cpu().numpy()
        return (
            floors,
            indices.to(torch.int32).cpu().numpy(),
            best.values[:, :width].cpu().numpy(),
        )

    def _scores(self, images: Any, candidates: Any) -> Any:
        """Score as `exact_scores.pair_scores` does."""
        torch = self.torch
        lanes = torch.zeros((*candidates.shape, LANES), dtype=torch.float64, device=self.device)
        for start in range(0, images.shape[1], LANES):
            left = images[:, None, start : start + LANES].double()
            right = self.vectors[:, start : start + LANES][candidates].double()
            lanes[..., : left.shape[-1]] += left * right
        return folded(lanes).float() + 0.0


def _float_of_key(keys: Any) -> Doubles:
    """Turn the keys of `kernels.best_keys` back into the numbers they stand for."""
    bits = np.where(keys < 0, keys ^ np.int16(0x7FFF), keys).astype(np.uint16)
    numbers: Doubles = (bits.astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)
    return numbers
