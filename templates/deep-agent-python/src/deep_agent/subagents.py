"""Whom the agent delegates to: each begins with nothing but its task, and comes back with an answer."""

from deepagents import SubAgent

RESEARCHER = SubAgent(
    name="researcher",
    description="Finds out what is known about something, in the files that there are and by what it knows.",
    system_prompt="You are a researcher. Answer in a few sentences, and say what you are not sure of.",
)

CRITIC = SubAgent(
    name="critic",
    description="Reviews a text, and says what is wrong with it or missing.",
    system_prompt="You are a critic. Say in a sentence or two what should be better, or that nothing should.",
)
