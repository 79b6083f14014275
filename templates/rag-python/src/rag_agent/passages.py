"""The documents, cut into the passages that are looked up."""

from pathlib import Path
from typing import TypedDict

DOCUMENTS = Path(__file__).parent / "documents"


class Passage(TypedDict):
    """A paragraph."""

    source: str
    """The name of its document."""
    text: str


def read(folder: Path) -> list[Passage]:
    """The passages of all documents in a folder, in the order of their names."""
    return [passage for path in sorted(folder.glob("*.md")) for passage in cut(path.name, path.read_text("utf-8"))]


def cut(source: str, text: str) -> list[Passage]:
    """The paragraphs of a document, each on one line; what are only headings is left out."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    return [Passage(source=source, text=paragraph) for paragraph in paragraphs if paragraph and paragraph[0] != "#"]
