"""What is found for a question."""

import asyncio

from rag_agent.embeddings import LocalEmbeddings, load_embeddings
from rag_agent.index import Index, likeness
from rag_agent.passages import DOCUMENTS, cut, read

index = Index(read(DOCUMENTS), load_embeddings({}))


def found(question: str) -> list[str]:
    """The documents with the passages that are nearest to a question."""
    return [passage["source"] for passage in asyncio.run(index.search(question, 2))]


def test_a_document_is_cut_into_paragraphs() -> None:
    passages = cut("tea.md", "# Tea\n\nOne\ntwo.\n\n\n## More\n\nThree.\n")

    assert [passage["text"] for passage in passages] == ["One two.", "Three."]
    assert {passage["source"] for passage in passages} == {"tea.md"}


def test_the_nearest_passage_comes_first() -> None:
    assert found("How long does green tea steep?")[0] == "green.md"
    assert found("Which tea goes well with milk?")[0] == "black.md"
    assert found("Where should I keep the leaves, in a tin?")[0] == "storing.md"


def test_for_what_no_document_is_about_nothing_is_found() -> None:
    assert found("Who won the football match?") == []
    assert found("?") == []


def test_vectors_are_compared_by_their_direction() -> None:
    assert likeness([1.0, 0.0], [3.0, 0.0]) == 1.0
    assert likeness([1.0, 0.0], [0.0, 2.0]) == likeness([0.0, 0.0], [1.0, 0.0]) == 0.0
    assert LocalEmbeddings().embed_query("tea") == LocalEmbeddings().embed_documents(["Tea!"])[0]
