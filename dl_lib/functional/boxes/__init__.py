"""Boxes around objects: anchors, overlaps, codes, and the choice among them."""

from dl_lib.functional.boxes.anchors import (
    anchor_shapes,
    grid_anchors,
    grid_points,
)
from dl_lib.functional.boxes.coding import (
    centerness,
    decode_boxes,
    decode_distances,
    encode_boxes,
    encode_distances,
)
from dl_lib.functional.boxes.coordinates import (
    box_area,
    centers_to_corners,
    clip_boxes,
    corners_to_centers,
)
from dl_lib.functional.boxes.matching import (
    assign_objects,
    match_anchors,
)
from dl_lib.functional.boxes.overlap import (
    box_iou,
    complete_box_iou,
    distance_box_iou,
    generalized_box_iou,
    pairwise_box_iou,
)
from dl_lib.functional.boxes.proposals import (
    propose_regions,
)
from dl_lib.functional.boxes.regions import (
    roi_align,
    roi_pool,
)
from dl_lib.functional.boxes.suppression import (
    class_wise_suppression,
    non_maximum_suppression,
    soft_suppression,
)

__all__ = [
    "anchor_shapes",
    "assign_objects",
    "box_area",
    "box_iou",
    "centerness",
    "centers_to_corners",
    "class_wise_suppression",
    "clip_boxes",
    "complete_box_iou",
    "corners_to_centers",
    "decode_boxes",
    "decode_distances",
    "distance_box_iou",
    "encode_boxes",
    "encode_distances",
    "generalized_box_iou",
    "grid_anchors",
    "grid_points",
    "match_anchors",
    "non_maximum_suppression",
    "pairwise_box_iou",
    "propose_regions",
    "roi_align",
    "roi_pool",
    "soft_suppression",
]
