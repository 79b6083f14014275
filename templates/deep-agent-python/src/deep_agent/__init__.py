"""The deep agent."""
