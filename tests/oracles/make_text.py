"""Stored values of Hugging Face's tokenizers for dl_lib.text: merges and segmentations."""

import json

import numpy as np
from recording import Recording
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

WORDS = """
low lower lowest newer newest wide wider widest slow slower slowest flow flows flowed flowing
towel towels tower towers winter winters window windows yellow yellowed following
""".split()  # noqa: SIM905
UNSEEN = "lowly widen slowness unflowed windowed towering yellowest z wz".split()  # noqa: SIM905
PIECES = """
a un aff able ##aff ##able ##a ##b ##able ##s want ##want ##ed ##ing run ##n ##ning
""".split()  # noqa: SIM905
WHOLE = """
unaffable wanted wanting running runs affable unwanted aab abs ab unruns
""".split()  # noqa: SIM905


def byte_pairs(recording):
    counts = np.random.default_rng(0).integers(1, 50, len(WORDS))
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    alphabet = len(set("".join(WORDS)))
    trainer = trainers.BpeTrainer(
        vocab_size=alphabet + 1 + 40, special_tokens=["[UNK]"], show_progress=False
    )
    text = (" ".join([word] * int(count)) for word, count in zip(WORDS, counts, strict=True))
    tokenizer.train_from_iterator(text, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    recording.put("byte_pairs", words=WORDS, counts=counts, merges=merges)
    for word in [*WORDS, *UNSEEN]:
        recording.put("byte_pairs/segments", **{word: tokenizer.encode(word).tokens})


def word_pieces(recording):
    pieces = dict.fromkeys(["[UNK]", *PIECES])
    model = models.WordPiece(
        {piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"
    )
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    recording.put("word_pieces", pieces=list(pieces))
    for word in WHOLE:
        recording.put("word_pieces/segments", **{word: tokenizer.encode(word).tokens})


def main():
    recording = Recording("text")
    byte_pairs(recording)
    word_pieces(recording)
    recording.save()


if __name__ == "__main__":
    main()
