"""The chatbot."""
