"""Makes a LLaVA checkpoint of half a million random parameters: python small_model.py FOLDER.

It runs in the environment that `environment.py` makes. Its tokenizer knows bytes and nothing else,
so a prompt has about as many tokens as letters.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

SIDE, PATCH = 56, 14
SPECIAL = ("<unk>", "<s>", "</s>", "<pad>", "<image>")
UNKNOWN, BEGIN, END, PAD, IMAGE = range(5)
CHAT = (
    "{% for m in messages %}{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for part in m['content'] %}{% if part['type'] == 'image' %}<image>{% else %}"
    "{{ part['text'] }}{% endif %}{% endfor %}{% endif %}\n{% endfor %}"
)


def tokenizer() -> PreTrainedTokenizerFast:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {word: number for number, word in enumerate([*SPECIAL, *letters])}
    bytewise = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=bytewise,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        additional_special_tokens=["<image>"],
        chat_template=CHAT,
    )


def config(words: int) -> LlavaConfig:
    return LlavaConfig(
        vision_config=CLIPVisionConfig(
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=SIDE,
            patch_size=PATCH,
            projection_dim=64,
        ),
        text_config=LlamaConfig(
            vocab_size=words,
            hidden_size=128,
            intermediate_size=256,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=8192,
            bos_token_id=BEGIN,
            eos_token_id=END,
            pad_token_id=PAD,
        ),
        image_token_index=IMAGE,
        image_seq_length=(SIDE // PATCH) ** 2,
        vision_feature_select_strategy="default",
        vision_feature_layer=-1,
    )


def make(folder: Path) -> None:
    words = tokenizer()
    torch.manual_seed(0)
    LlavaForConditionalGeneration(config(len(words))).save_pretrained(folder)
    images = CLIPImageProcessor(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
    )
    LlavaProcessor(
        image_processor=images,
        tokenizer=words,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        image_token="<image>",
        num_additional_image_tokens=1,
        chat_template=CHAT,
    ).save_pretrained(folder)
    words.save_pretrained(folder)
    _name_weights_as_vllm_expects(folder / "model.safetensors")


def _name_weights_as_vllm_expects(file: Path) -> None:
    """Put back the level `vision_model` that transformers 5 leaves out of a CLIP tower's names."""
    tower, level = "vision_tower.", "vision_tower.vision_model."
    weights = {
        name if level in name else name.replace(tower, level): weight
        for name, weight in load_file(file).items()
    }
    save_file(weights, file, metadata={"format": "pt"})


if __name__ == "__main__":
    make(Path(sys.argv[1]))
