"""Texts as few bytes: chat completions differ in some tens of bytes of six hundred.

A packed text is one byte that names how it was packed, then deflate with a dictionary of what such
texts have in common (a seventh of the size that a completion has by itself, in 14 us). What
was packed once must unpack for ever: a better dictionary gets a number of its own.
"""

from __future__ import annotations

import zlib

PLAIN = b"\x00"
DEFLATED = b"\x01"
LEVEL = 6
WINDOW_BITS = -12
"""No header, and a window of 4 KB, which holds the dictionary: 32 KB take 100 us to set up."""
MEMORY_LEVEL = 5

# What is most common stands last: near matches are shorter.
DICTIONARY_1 = (
    b'{"path":"},{"path":"[{"task_label":"","question":"What is the ","answer":"The ","text":"'
    b'\\"items\\": [{\\"label\\": 1, \\"question\\": \\"What is the \\", \\"answer\\": \\"The '
    b'\\"}, {\\"label\\": 2, \\"question\\": \\"How many \\", \\"answer\\": \\"'
    b'{\\"items\\":[{\\"label\\":1,\\"question\\":\\"Which of the \\",\\"answer\\":\\"'
    b'\\"},{\\"label\\":2,\\"question\\":\\"{\\"labels\\": [\\"'
    b'{"embedded":"{\\"suitable\\":[1,2,3,4,5,6,7,8,9,10],\\"unsuitable\\":[{\\"vote\\":1}"}'
    b'{\n  "id": "chatcmpl-",\n  "object": "chat.completion",\n  "created": 17,\n'
    b'  "model": "gpt-",\n'
    b'  "choices": [\n    {\n      "index": 0,\n      "message": {\n        "role": "assistant",\n'
    b'        "content": "{\\"suitable\\": [1, 2, 3], \\"unsuitable\\": [4, 5, 6, 7, 8, 9, 10]}",\n'
    b'        "refusal": null,\n        "annotations": []\n      },\n'
    b'      "finish_reason": "stop"\n'
    b'    }\n  ],\n  "usage": {\n    "prompt_tokens": ,\n    "completion_tokens": ,\n'
    b'    "total_tokens": ,\n    "prompt_tokens_details": {\n      "cached_tokens": 0,\n'
    b'      "audio_tokens": 0\n    },\n    "completion_tokens_details": {\n'
    b'      "reasoning_tokens": 0,\n      "audio_tokens": 0,\n'
    b'      "accepted_prediction_tokens": 0,\n      "rejected_prediction_tokens": 0\n    }\n  },\n'
    b'  "service_tier": "default",\n  "system_fingerprint": "fp_"\n}\n'
    b'{"id":"chatcmpl-","object":"chat.completion","created":17,"model":"","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"{\\"vote\\": 0}","refusal":null,"annotations":null,'
    b'"audio":null,"function_call":null,"tool_calls":[],"reasoning":null,"reasoning_content":null},'
    b'"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null}],'
    b'"service_tier":null,"system_fingerprint":null,"usage":{"prompt_tokens":,"total_tokens":,'
    b'"completion_tokens":,"prompt_tokens_details":null},"prompt_logprobs":null,'
    b'"prompt_token_ids":null,"kv_transfer_params":null}'
)


class Unpackable(ValueError):  # noqa: N818 - a state of the bytes, not a fault of the program
    """Bytes that no version of `pack` up to this one has written."""


def pack(text: str) -> bytes:
    """Return a text as few bytes; every text can be packed, lone surrogates included."""
    plain = text.encode("utf-8", "surrogatepass")
    deflate = zlib.compressobj(
        LEVEL, zlib.DEFLATED, WINDOW_BITS, MEMORY_LEVEL, zlib.Z_DEFAULT_STRATEGY, DICTIONARY_1
    )
    deflated = deflate.compress(plain) + deflate.flush()
    return DEFLATED + deflated if len(deflated) < len(plain) else PLAIN + plain


def unpack(packed: bytes) -> str:
    """Return the text that `pack` was given.

    Raises:
        Unpackable: They are no packed text, or one of a newer version.
    """
    how, rest = packed[:1], packed[1:]
    if how == DEFLATED:
        try:
            inflate = zlib.decompressobj(WINDOW_BITS, DICTIONARY_1)
            rest = inflate.decompress(rest) + inflate.flush()
        except zlib.error as error:
            raise Unpackable(f"a packed text of {len(packed)} bytes is damaged: {error}") from None
        if not inflate.eof:
            raise Unpackable(f"a packed text of {len(packed)} bytes ends too early")
    elif how != PLAIN:
        raise Unpackable(f"a text is packed in a way that this version does not know: {how!r}")
    return rest.decode("utf-8", "surrogatepass")
