"""Who may use the chatbot."""
