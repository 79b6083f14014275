"""Tests never talk to a real model: no key is set while they run."""

import os

for key in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "CHAT_MODEL"):
    os.environ.pop(key, None)
