import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from dl_lib.data import Scenes, detection, sources, voc2012

PIXELS = np.random.default_rng(0).integers(256, size=(6, 8, 3), dtype=np.uint8)
MASK = np.array([[0, 0, 15, 15, 255, 1, 1, 1]] * 6, np.uint8)

ANNOTATION = """<annotation><folder>VOC2012</folder><size><width>8</width><height>6</height></size>
<object><name>person</name><difficult>0</difficult>
<bndbox><xmin>3</xmin><ymin>1</ymin><xmax>4</xmax><ymax>6</ymax></bndbox>
<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>1</xmax><ymax>1</ymax></bndbox>
</part></object>
<object><name>aeroplane</name><difficult>1</difficult>
<bndbox><xmax>8</xmax><xmin>5.5</xmin><ymax>6</ymax><ymin>2</ymin></bndbox></object></annotation>"""


def encoded(image, kind):
    stream = io.BytesIO()
    image.save(stream, kind, **({"quality": 100, "subsampling": 0} if kind == "JPEG" else {}))
    return stream.getvalue()


def voc_archive():
    palette = Image.frombytes("P", (8, 6), MASK.tobytes())
    palette.putpalette([value for color in range(256) for value in (color, 255 - color, 0)])
    top = "VOCdevkit/VOC2012"
    files = {
        f"{top}/ImageSets/Main/train.txt": b"2007_000032\n2007_000039\n",
        f"{top}/ImageSets/Main/val.txt": b"2007_000040\n",
        f"{top}/ImageSets/Segmentation/train.txt": b"2007_000032\n",
        f"{top}/JPEGImages/2007_000032.jpg": encoded(Image.fromarray(PIXELS), "JPEG"),
        f"{top}/JPEGImages/2007_000039.jpg": encoded(Image.fromarray(PIXELS), "JPEG"),
        f"{top}/Annotations/2007_000032.xml": ANNOTATION.encode(),
        f"{top}/Annotations/2007_000039.xml": b"<annotation></annotation>",
        f"{top}/SegmentationClass/2007_000032.png": encoded(palette, "PNG"),
        "../../escaped.txt": b"evil",
        "/escaped.txt": b"evil",
    }
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture
def published(publish, monkeypatch):
    monkeypatch.setattr(detection, "VOC2012", publish(sources.VOC2012, voc_archive()))


def test_a_scene_with_boxes_and_a_mask(published):
    scenes = voc2012("train", "segmentation")
    assert len(scenes) == 1
    scene = scenes[0]
    assert scene.name == "2007_000032" and scene.image.shape == (3, 6, 8)
    assert np.abs(np.asarray(scene.image).transpose(1, 2, 0) * 255 - PIXELS).max() < 8  # JPEG
    # xmin and ymin count from 1; the last pixel belongs to the box
    assert scene.boxes.tolist() == [[2, 0, 4, 6], [4.5, 1, 8, 6]]
    assert [scenes.class_names[label] for label in scene.labels] == ["person", "aeroplane"]
    assert scene.difficult.tolist() == [False, True]
    assert (np.asarray(scene.mask) == MASK).all()
    # the person's box holds the person's pixels
    left, top, right, bottom = map(int, scene.boxes[0])
    assert (np.asarray(scene.mask)[top:bottom, left:right] == scene.labels[0]).all()
    scenes.close()


def test_a_scene_with_neither(published):
    scenes = voc2012("train")
    assert repr(scenes) == "Scenes: 2 photographs from VOCtrainval_11-May-2012.tar"
    scene = scenes[1]
    assert scene.boxes.shape == (0, 4) and scene.labels.shape == (0,) and scene.mask is None
    with pytest.raises(IndexError):
        scenes[2]
    scenes.close()


def test_refuses_what_there_is_not(published):
    with pytest.raises(ValueError, match="train, val, trainval, got 'test'"):
        voc2012("test")
    with pytest.raises(ValueError, match="detection, segmentation, got 'poses'"):
        voc2012("train", "poses")
    with pytest.raises(ValueError, match=r"holds no ImageSets/Main/trainval\.txt"):
        voc2012("trainval")
    scenes = voc2012("val")
    with pytest.raises(ValueError, match=r"holds no Annotations/2007_000040\.xml"):
        scenes[0]
    scenes.close()


def test_class_names_are_the_twenty_and_the_background():
    assert len(Scenes.class_names) == 21 and Scenes.class_names[15] == "person"
