"""Stored values of torchvision for the boxes of dl_lib.functional (needs torchvision's own ops)."""

import functools

import numpy as np
import torch
import torchvision
from recording import Recording, numbers
from torchvision.models.detection import _utils, anchor_utils, rpn
from torchvision.ops import box_convert as convert

# Without the 1e-7 that torchvision adds to what it divides by.
OVERLAPS = {
    "box_iou": {},
    "generalized_box_iou": {},
    "distance_box_iou": {"eps": 0.0},
    "complete_box_iou": {"eps": 0.0},
}


def boxes(seed, count, span=100.0):
    """Boxes with corners in the order that they need, in quarters so that float32 holds them."""
    corners = np.random.default_rng(seed).uniform(0, span, (count, 2, 2))
    corners = np.sort(np.round(corners * 4) / 4, axis=1)
    corners[:, 1] += 4
    return corners.reshape(count, 4).astype(np.float32)


def basics(recording):
    corners = boxes(16, 5)
    recording.run("corners_to_centers", lambda b: convert(b, "xyxy", "cxcywh"), corners)
    recording.run("centers_to_corners", lambda b: convert(b, "cxcywh", "xyxy"), corners)
    recording.run("box_area", torchvision.ops.box_area, corners)
    recording.run(
        "clip_boxes", lambda b: torchvision.ops.clip_boxes_to_image(b, (60, 70)), corners - 20
    )


def overlaps(recording):
    for name, settings in OVERLAPS.items():
        overlap = functools.partial(getattr(torchvision.ops, name), **settings)
        recording.run(f"{name}/pairs", overlap, boxes(0, 5), boxes(1, 4))
        recording.run(f"{name}/near", overlap, boxes(2, 3), boxes(2, 3) + 1)


def coding(recording):
    for name, weights in (("plain", (1, 1, 1, 1)), ("weighted", (10, 10, 5, 5))):
        coder = _utils.BoxCoder(weights)
        recording.run(f"encode_boxes/{name}", lambda b, a, c=coder: c.encode_single(b, a),
                      boxes(3, 6), boxes(4, 6))  # fmt: skip
        offsets = numbers(5, 6, 4) * np.float32(3 if name == "weighted" else 0.5)
        offsets[0, 2] = 5.0 * weights[2]  # larger than what is let through
        recording.run(f"decode_boxes/{name}", lambda t, a, c=coder: c.decode_single(t, a),
                      offsets, boxes(4, 6))  # fmt: skip
    coder = _utils.BoxLinearCoder(normalize_by_size=False)
    points = boxes(6, 5)
    middle = (points[:, :2] + points[:, 2:]) / 2
    recording.run("encode_distances/points", lambda b, a: coder.encode(a, b), boxes(7, 5), points)
    recording.run("decode_distances/points", coder.decode, np.abs(numbers(8, 5, 4)), points)
    recording.put("encode_distances/middle", middle=middle)


def anchors(recording):
    generator = anchor_utils.AnchorGenerator(((32, 64),), ((0.25, 1.0, 4.0),))
    recording.put("anchors/shapes", boxes=generator.cell_anchors[0].numpy())
    grid = generator.grid_anchors([(2, 3)], [[torch.tensor(16), torch.tensor(8)]])[0]
    recording.put("anchors/grid", boxes=grid.numpy())


def matching(recording):
    iou = np.round(np.random.default_rng(9).uniform(0, 1, (12, 4)), 2).astype(np.float32)
    iou[:, 2] *= 0.3
    iou[3, 2] = iou[:, 2].max()  # two anchors fit this object equally well
    recording.put("match/iou", iou=iou)
    for high, low in ((0.5, 0.5), (0.9, 0.6)):
        for keep in (True, False):
            found = _utils.Matcher(high, low, keep)(torch.tensor(iou.T))
            recording.put(f"match/{high}/{low}/{keep}", match=found.numpy())


def suppression(recording):
    generator = np.random.default_rng(10)
    corners, scores = boxes(11, 40, 30.0), generator.permutation(40).astype(np.float32) / 40
    classes = generator.integers(0, 3, 40)
    recording.put("nms/input", boxes=corners, scores=scores, classes=classes)
    tensors = torch.tensor(corners), torch.tensor(scores)
    for threshold in (0.1, 0.3, 0.6):
        recording.put(f"nms/{threshold}", kept=torchvision.ops.nms(*tensors, threshold).numpy())
        kept = torchvision.ops.batched_nms(*tensors, torch.tensor(classes), threshold)
        recording.put(f"batched_nms/{threshold}", kept=kept.numpy())


def regions(recording):
    features = numbers(12, 2, 2, 6, 7)
    corners = np.float32([[0, 0, 24, 20], [3, 5, 17, 18.5], [-9, 4, 40, 30], [10, 9, 10.5, 9.25]])
    rois = np.concatenate([np.float32([[0], [1], [1], [0]]), corners], axis=1)
    recording.put("rois", rois=rois)
    for aligned in (True, False):
        for samples in (1, 2):
            recording.run(
                f"roi_align/{aligned}/{samples}",
                lambda f, s=samples, a=aligned: torchvision.ops.roi_align(
                    f, torch.tensor(rois, dtype=f.dtype), (3, 2), 0.25, s, a
                ),
                features,
            )
    for size in ((2, 3), (4, 4)):
        recording.run(
            f"roi_pool/{size[0]}/{size[1]}",
            lambda f, n=size: torchvision.ops.roi_pool(
                f, torch.tensor(rois, dtype=f.dtype), n, 0.25
            ),
            features,
        )


def proposals(recording):
    count, settings = 60, {"testing": 30, "training": 30}
    network = rpn.RegionProposalNetwork(
        None, None, 0.7, 0.3, 256, 0.5, settings, {"testing": 10, "training": 10}, 0.5
    ).eval()
    corners, offsets = boxes(13, count), numbers(14, count, 4) * np.float32(0.2)
    logits = np.random.default_rng(15).permutation(count).astype(np.float32) / 10 - 3
    decoded = _utils.BoxCoder((1, 1, 1, 1)).decode_single(
        torch.tensor(offsets, dtype=torch.float64), torch.tensor(corners, dtype=torch.float64)
    )
    found, scores = network.filter_proposals(
        decoded[None], torch.tensor(logits, dtype=torch.float64)[:, None], [(80, 90)], [count]
    )
    recording.put("proposals", anchors=corners, offsets=offsets, logits=logits,
                  boxes=found[0].numpy(), scores=scores[0].numpy())  # fmt: skip


def main():
    recording = Recording("boxes")
    for part in (basics, overlaps, coding, anchors, matching, suppression, regions, proposals):
        part(recording)
    recording.save()


if __name__ == "__main__":
    main()
