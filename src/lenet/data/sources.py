"""The data sets that have a name: their files, sizes, checksums and mirrors."""

from __future__ import annotations

from dataclasses import dataclass

from lenet.codes import DIGITS


@dataclass(frozen=True)
class SourceFile:
    """One released file.

    Args:
        name: the file's name, gzipped; appended to a mirror's address.
        bytes: its size.
        sha256: of the file as released.
        content: SHA-256 after gunzip; None where we could not compute it.
    """

    name: str
    bytes: int
    sha256: str
    content: str | None = None


@dataclass(frozen=True)
class Source:
    """A data set that can be asked for by name.

    Args:
        name: what `--data` takes.
        title: what people call it.
        labels: the name of each class, by its number.
        train, test: how many examples the two parts have.
        files: training images, training labels, test images, test labels; or one zip; none for a bundled set.
        mirrors: addresses ending in "/", tried in turn.
        folders: where under $LENET_DATA the files may lie, in order.
        home: the page of the people who made it.
        members: where `files` is one zip: the four files in it, in the same order.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    train: int
    test: int
    home: str
    files: tuple[SourceFile, ...] = ()
    mirrors: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    members: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of all files to download."""
        return sum(file.bytes for file in self.files)


# Sizes and checksums were computed from the files themselves.
MNIST = Source(
    name="mnist",
    title="MNIST",
    labels=DIGITS,
    train=60_000,
    test=10_000,
    home="http://yann.lecun.com/exdb/mnist/",
    files=(
        SourceFile(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        SourceFile(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        SourceFile(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        SourceFile(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    # the original host answers 403; the third, Paddle's, is reached in mainland China (not fetched by us)
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://dataset.bj.bcebos.com/mnist/",
    ),
    folders=("", "mnist", "MNIST/raw"),
)

# Sizes and SHA-256 as TensorFlow Datasets records them (url_checksums/fashion_mnist.txt); the makers publish
# only MD5 (8d4fb7e6..., 25c81989..., bef4ecab..., bb300cfd...). We have not held these files ourselves: the
# SHA-256 after gunzip is missing here, so gunzipped copies are read by PATH, but not recognized by name.
FASHION = Source(
    name="fashion",
    title="Fashion-MNIST",
    labels=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    train=60_000,
    test=10_000,
    home="https://github.com/zalandoresearch/fashion-mnist",
    files=(
        SourceFile(
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        SourceFile(
            "train-labels-idx1-ubyte.gz",
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        SourceFile(
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        SourceFile(
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
    # the makers' own address has no https; the checksum, not the transport, vouches for the content
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    folders=("fashion", "FashionMNIST/raw", ""),
)

SKLEARN_DIGITS = Source(
    name="digits",
    title="scikit-learn digits",
    labels=DIGITS,
    train=1_437,
    test=360,
    home="https://scikit-learn.org/stable/modules/generated/sklearn.datasets.load_digits.html",
)

# Sizes and SHA-256 as TensorFlow Datasets records them (url_checksums/kmnist.txt); not fetched by us.
KMNIST = Source(
    name="kmnist",
    title="Kuzushiji-MNIST",
    labels=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    train=60_000,
    test=10_000,
    home="http://codh.rois.ac.jp/kmnist/",
    files=(
        SourceFile(
            "train-images-idx3-ubyte.gz",
            18_165_135,
            "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        ),
        SourceFile(
            "train-labels-idx1-ubyte.gz",
            29_497,
            "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        ),
        SourceFile(
            "t10k-images-idx3-ubyte.gz",
            3_041_136,
            "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        ),
        SourceFile(
            "t10k-labels-idx1-ubyte.gz",
            5_120,
            "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        ),
    ),
    mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
    folders=("kmnist", "KMNIST/raw", ""),
)

# Sizes and SHA-256 as TensorFlow Datasets records them (url_checksums/qmnist.txt); not fetched by us.
QMNIST = Source(
    name="qmnist",
    title="QMNIST",
    labels=DIGITS,
    train=60_000,
    test=60_000,
    home="https://github.com/facebookresearch/qmnist",
    files=(
        SourceFile(
            "qmnist-train-images-idx3-ubyte.gz",
            9_704_059,
            "9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d",
        ),
        SourceFile(
            "qmnist-train-labels-idx2-int.gz",
            463_024,
            "2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f",
        ),
        SourceFile(
            "qmnist-test-images-idx3-ubyte.gz",
            9_742_279,
            "43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375",
        ),
        SourceFile(
            "qmnist-test-labels-idx2-int.gz",
            526_800,
            "9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06",
        ),
    ),
    mirrors=("https://raw.githubusercontent.com/facebookresearch/qmnist/master/",),
    folders=("qmnist", "QMNIST/raw", ""),
)

# Size and SHA-256 as TensorFlow Datasets records them (url_checksums/emnist.txt); not fetched by us.
# The zip has all six sets of EMNIST; the digits are one of them.
EMNIST = Source(
    name="emnist",
    title="EMNIST (digits)",
    labels=DIGITS,
    train=240_000,
    test=40_000,
    home="https://www.nist.gov/itl/products-and-services/emnist-dataset",
    files=(
        SourceFile(
            "gzip.zip",
            561_753_746,
            "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
        ),
    ),
    mirrors=(
        "https://biometrics.nist.gov/cs_links/EMNIST/",
        "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
    ),
    folders=("emnist", "EMNIST/raw", ""),
    members=(
        "gzip/emnist-digits-train-images-idx3-ubyte.gz",
        "gzip/emnist-digits-train-labels-idx1-ubyte.gz",
        "gzip/emnist-digits-test-images-idx3-ubyte.gz",
        "gzip/emnist-digits-test-labels-idx1-ubyte.gz",
    ),
)

SOURCES = {source.name: source for source in (MNIST, FASHION, KMNIST, QMNIST, EMNIST, SKLEARN_DIGITS)}
