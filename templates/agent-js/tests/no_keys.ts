// Tests never talk to a real model: whoever imports this first has no key set.

for (const key of ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "CHAT_MODEL"]) {
  delete process.env[key];
}
