"""The assistant that answers from documents."""
