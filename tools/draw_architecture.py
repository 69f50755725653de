"""Draw the floors of the package and the two walks through them, for docs/architecture.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from lenet.drawing.drawing import Box, Drawing, Line, Words
from lenet.drawing.polyline import Dot
from lenet.drawing.write import save_picture

ROOT = Path(__file__).parents[1]
CONTRIBUTING = ROOT / "CONTRIBUTING.md"  # has the floors, which a test compares with the imports
FIGURES = {
    "en": ROOT / "docs" / "figures" / "architecture.svg",
    "zh": ROOT / "docs" / "figures" / "architecture.zh.svg",
}

WIDTH, MARGIN = 900.0, 32.0
TOP = 128.0  # of the first group
NUMBER, LEFT, MEANING = 62.0, 76.0, 210.0  # right edge of a floor's number; its box; what a room is for
RIGHT = 640.0
WALKS = {"image": 700.0, "weight": 816.0}  # where the lines of the two walks run
GROUP, ROW, PADDING, GAP = 30.0, 21.0, 5.0, 4.0
SIZE, SMALL = 13.0, 12.0


class Room(NamedTuple):
    """A module or folder of src/lenet.

    Args:
        meaning: what it is for, by language.
        walks: those that come through it.
    """

    en: str
    zh: str
    walks: tuple[str, ...] = ()


BOTH = ("image", "weight")
ROOMS = {
    "__init__": Room("the public names; nothing is imported before it is used", "公开的名字；用到时才导入"),
    "__main__": Room("python -m lenet", "python -m lenet"),
    "plausibility": Room("data that cannot be meant: inverted, turned", "不合情理的数据：反色、转置"),
    "locks": Room("locks on files, which end with their process", "文件锁，随进程结束"),
    "cli": Room("a file for each verb of the command line", "命令行，每个命令一个文件", BOTH),
    "page": Room("the kernels as WebAssembly", "编译成 WebAssembly 的内核"),
    "estimator": Room("LeNet5Classifier for scikit-learn", "scikit-learn 的估计器 LeNet5Classifier"),
    "keras": Room(
        "build_network and its layers, for Keras programs", "供 Keras 程序使用的 build_network 和各层"
    ),
    "torch": Room("LeNet5, for PyTorch programs", "供 PyTorch 程序使用的 LeNet5"),
    "bench": Room("speed and memory beside other frameworks", "与其他框架比较速度和内存"),
    "rates": Room("one training at several learning rates", "同一训练用不同的学习率"),
    "reproduction": Room("the experiment of 1998, repeated", "重做 1998 年的实验"),
    "explain": Room(
        "every count, activation and product, in words and pictures", "用文字和图说明每个数、激活值和乘积"
    ),
    "export": Room(
        "ONNX, C, PyTorch, Keras; import of other networks", "ONNX、C、PyTorch、Keras；导入别人的网络"
    ),
    "reading": Room("many pictures, one after the other", "依次识别多张图片", ("image",)),
    "training": Room(
        "recipes, the training loop, runs and their folders", "配方、训练循环、训练及其文件夹", ("weight",)
    ),
    "drawing": Room("what every picture is made of: SVG and PNG", "所有图的元件：SVG 和 PNG"),
    "calibration": Room("penalties become probabilities", "把惩罚值变成概率（校准）"),
    "evaluation": Room("error and confusion on a data set", "在数据集上的错误率和混淆矩阵", ("weight",)),
    "network": Room("Network: load, save, recognize", "Network：读取、保存、识别", BOTH),
    "answer": Room("what a network says of one picture", "网络对一张图片的回答", ("image",)),
    "segment": Room(
        "a picture of numbers: cuts, and the cheapest path of a graph",
        "一张图片中的数：切分，图上代价最小的路径",
    ),
    "doubt": Room("confidence; not sure; no digit here", "置信度；不确定；这里没有数字", ("image",)),
    "weights": Room("the bundled networks", "自带的网络", ("image",)),
    "trace": Room("the activations of all layers for one image", "一张图像在各层的激活值"),
    "engines": Room(
        "reference, native, pytorch, keras: run and train",
        "reference、native、pytorch、keras：运行和训练",
        BOTH,
    ),
    "data": Room(
        "MNIST, digits, IDX files, folders of pictures", "MNIST、digits、IDX 文件、图片文件夹", ("weight",)
    ),
    "samples": Room("ten sample digits", "十个样例数字"),
    "images": Room("a photo becomes 28 x 28 pixels; distortions", "照片变成 28x28 像素；变形", ("image",)),
    "parameters": Room("the 60,000 numbers, by name", "60,000 个参数，按名字", ("weight",)),
    "randomness": Room("Philox: the same numbers everywhere", "Philox：处处相同的随机数", ("weight",)),
    "architecture": Room(
        "layers, connection table, sizes: the network as data", "层、连接表、尺寸：作为数据的网络"
    ),
    "counts": Room("a number with the computation that gives it", "数，以及得出它的算式"),
    "codes": Room("the 7 x 12 codes of the characters", "字符的 7x12 编码"),
    "storage": Room("files: limits when reading, nothing half-written", "文件：读取有上限，写入不留半截"),
    "errors": Room("the tree of errors", "错误的类型"),
    "texts": Room("every sentence a user reads, English and Chinese", "用户读到的每一句话，中英文"),
    "cores": Room("how many cores this process may use", "本进程可用的核心数"),
    "wheels": Room("which build of PyTorch suits this machine", "这台机器该用哪个 PyTorch"),
    "_native": Room("the compiled kernels of src/kernels", "src/kernels 编译出的内核", BOTH),
}
# the first room of each group, from the top
GROUPS = {
    "__init__": ("What a user calls", "用户调用的部分"),
    "bench": ("What is done with a network", "用网络做什么"),
    "network": ("A network that recognizes", "能识别的网络"),
    "data": ("Images and data", "图像和数据"),
    "parameters": ("The network as data", "作为数据的网络"),
    "storage": ("The ground floor", "底层"),
}
WORDS = {
    "title": ("The floors of lenet", "lenet 的模块分层"),
    "subtitle": (
        "A module imports only from floors below its own. Dots: the modules on the two walks.",
        "模块只导入比自己低的层。圆点：两条路线经过的模块。",
    ),
    "image": ("an image", "一张图像"),
    "weight": ("a weight", "一个权重"),
    "image_to": ("to its answer", "到识别结果"),
    "weight_to": ("through an update", "的一次更新"),
}


def read_floors(text: str) -> list[tuple[int, list[str]]]:
    """(number, rooms) of every floor, from the top down, as CONTRIBUTING.md has them."""
    block = text.partition("<!-- floors -->")[2].partition("<!-- end -->")[0]
    floors = re.findall(r"^ *(\d+)  (.+)$", block, re.MULTILINE)
    return [(int(number), names.split(", ")) for number, names in floors]


def compose_architecture(floors: list[tuple[int, list[str]]], language: str) -> Drawing:
    """The picture as data.

    Args:
        floors: from `read_floors`.
        language: of its words, "en" or "zh".
    Raises:
        KeyError: a room that ROOMS does not describe.
    """
    column = ("en", "zh").index(language)
    groups = [name for _, rooms in floors for name in rooms if name in GROUPS]
    height = TOP + len(groups) * GROUP + sum(PADDING * 2 + GAP + ROW * len(rooms) for _, rooms in floors) + 16
    drawing = Drawing(WIDTH, height, WORDS["title"][column])
    drawing.add(Words(MARGIN, 48, WORDS["title"][column], 24, anchor="start", bold=True))
    drawing.add(Words(MARGIN, 76, WORDS["subtitle"][column], SIZE, "soft", "start"))
    for walk, x in WALKS.items():
        colour = _colour(walk)
        drawing.add(Words(x, 108, WORDS[walk][column], SIZE, colour, bold=True))
        drawing.add(Words(x, 125, WORDS[f"{walk}_to"][column], SMALL, colour))
    dots: dict[str, list[float]] = {walk: [] for walk in WALKS}
    top = TOP
    for number, rooms in floors:
        heading = next((GROUPS[name] for name in rooms if name in GROUPS), None)
        if heading:
            top += GROUP
            drawing.add(Words(LEFT, top - 9, heading[column], SMALL, "soft", "start", bold=True))
        tall = PADDING * 2 + ROW * len(rooms)
        drawing.add(Box(LEFT, top, RIGHT - LEFT, tall, "sheet", "line"))
        drawing.add(Words(NUMBER, top + PADDING + ROW * 0.7, str(number), SMALL, "soft", "end"))
        for row, name in enumerate(rooms):
            room, line = ROOMS[name], top + PADDING + ROW * (row + 0.7)
            drawing.add(Words(LEFT + 12, line, name, SIZE, anchor="start", bold=True))
            drawing.add(Words(MEANING, line, str(room[column]), SMALL, "soft", "start"))
            for walk in room.walks:
                dots[walk].append(line - SIZE * 0.35)
        top += tall + GAP
    for walk, places in dots.items():
        x = WALKS[walk]
        drawing.add(*(Line((RIGHT, y), (x, y), "line", 0.8, dashed=True) for y in places))
        drawing.add(Line((x, places[0]), (x, places[-1]), _colour(walk), 2))
    for walk, places in dots.items():  # on top of the lines that cross them
        drawing.add(*(Dot(WALKS[walk], y, 5, _colour(walk)) for y in places))
    return drawing


def _colour(walk: str) -> str:
    return "accent" if walk == "image" else "ink"


def main() -> None:
    """Draw both pictures."""
    floors = read_floors(CONTRIBUTING.read_text("utf-8"))
    for language, path in FIGURES.items():
        save_picture(lambda words: compose_architecture(floors, words), path, language)


if __name__ == "__main__":
    main()
