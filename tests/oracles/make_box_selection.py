"""Stored values for boxes that are chosen one by one (needs ensemble-boxes and d2l).

torchvision has neither soft suppression nor an assignment that gives each object its own anchor.
"""

from pathlib import Path

import numpy as np
import torch
from ensemble_boxes.ensemble_boxes_nms import cpu_soft_nms_float
from recording import Recording, plain_torchvision

plain_torchvision()  # which d2l imports
from d2l.torch import assign_anchor_to_bbox  # noqa: E402

SPAN = 64  # ensemble-boxes wants coordinates from 0 to 1; a power of two changes no digit


def soft_suppression(recording):
    with np.load(Path(__file__).with_name("boxes.npz")) as stored:
        boxes, scores = stored["nms/input/boxes"], stored["nms/input/scores"]
    scores = scores.astype(np.float64) + 0.1
    for width in (0.1, 0.5, 2.0):
        # It lowers the scores in place and sorts them; `soft_nms` itself gives the old ones back.
        lowered = scores.copy()
        order = cpu_soft_nms_float(
            boxes.astype(np.float64) / SPAN, lowered, Nt=0.0, sigma=width, thresh=0.0, method=2
        )
        recording.put(f"soft/{width}", scores=scores, lowered=lowered[np.argsort(order)])


def assignment(recording):
    generator = np.random.default_rng(0)
    for anchors, objects in ((12, 4), (5, 5), (30, 7)):
        corners = np.sort(generator.uniform(0, 1, (anchors + objects, 2, 2)), axis=1)
        corners = corners.reshape(-1, 4).astype(np.float32)
        for threshold in (0.1, 0.3, 0.5):
            match = assign_anchor_to_bbox(
                torch.tensor(corners[anchors:]), torch.tensor(corners[:anchors]),
                "cpu", threshold,
            )  # fmt: skip
            recording.put(
                f"assign/{anchors}/{objects}/{threshold}",
                anchors=corners[:anchors], objects=corners[anchors:], match=match.numpy(),
            )  # fmt: skip


def main():
    recording = Recording("box_selection")
    soft_suppression(recording)
    assignment(recording)
    recording.save()


if __name__ == "__main__":
    main()
