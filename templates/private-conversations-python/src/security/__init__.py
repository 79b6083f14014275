"""Who may use the chatbot, and what they get to see."""
