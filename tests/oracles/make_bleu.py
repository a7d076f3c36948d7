"""Stored BLEU scores of sacrebleu, for dl_lib.metrics.corpus_bleu; it needs no PyTorch."""

from pathlib import Path

import numpy as np
from sacrebleu.metrics import BLEU


def text(row):
    return " ".join(map(str, row[row >= 0]))


def main():
    options = {"tokenize": "none", "smooth_method": "none"}
    scorer = {n: BLEU(**options, max_ngram_order=n) for n in (2, 4)}
    # Of one sentence, with n-grams up to its own length.
    of_one = BLEU(**options, effective_order=True)
    rng, arrays = np.random.default_rng(0), {}
    for case in range(12):
        # Few words, so that long n-grams are found; references of other lengths, padded with −1.
        sentences, choices = 2 + case % 3, 1 + case % 2
        prediction = np.full((sentences, 12), -1)
        references = np.full((sentences, choices, 12), -1)
        for i in range(sentences):
            words = rng.integers(3, size=rng.integers(5, 12))
            prediction[i, : len(words)] = words
            for j in range(choices):
                length = rng.integers(4, 13)
                changed = np.where(rng.random(12) < 0.2, rng.integers(3, size=12), prediction[i])
                references[i, j, :length] = np.maximum(changed, 0)[:length]
        lines = [text(row) for row in prediction]
        columns = [[text(row) for row in references[:, j]] for j in range(choices)]
        arrays[f"{case}/prediction"], arrays[f"{case}/references"] = prediction, references
        for n, bleu in scorer.items():
            arrays[f"{case}/bleu{n}"] = bleu.corpus_score(lines, columns).score / 100
        short = " ".join(lines[0].split()[: 1 + case])
        found = of_one.sentence_score(short, [columns[0][0]])
        arrays[f"{case}/sentence"] = found.score / 100
        arrays[f"{case}/precisions"] = np.asarray(found.precisions) / 100
        arrays[f"{case}/brevity"] = found.bp
    path = Path(__file__).resolve().parent / "bleu.npz"
    np.savez_compressed(path, **arrays)
    print(f"{path.name}: {len(arrays)} arrays, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
