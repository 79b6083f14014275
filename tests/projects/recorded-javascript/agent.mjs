// A graph that calls models by the SDKs of their providers, whichever its input names; and by what Node.js itself has.

import { request } from "node:https";

import Anthropic from "@anthropic-ai/sdk";
import { tool } from "@langchain/core/tools";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import OpenAI from "openai";

const State = Annotation.Root({ by: Annotation(), said: Annotation() });
const model = "m";
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const weather = tool(({ city }) => `${city} is sunny`, { name: "weather", description: "The weather of a city.", schema });

/** What each way of calling a model makes of messages. */
const ways = {
  async openai(messages) {
    const answer = await new OpenAI().chat.completions.create({ model, messages });
    return answer.choices[0].message.content;
  },
  async "openai-stream"(messages) {
    const stream = await new OpenAI().chat.completions.create({ model, messages, stream: true });
    let said = "";
    for await (const chunk of stream) said += chunk.choices[0].delta.content ?? "";
    return said;
  },
  async "openai-responses"([{ content }]) {
    return (await new OpenAI().responses.create({ model, input: content })).output_text;
  },
  async anthropic(messages) {
    return (await new Anthropic().messages.create({ model, messages, max_tokens: 9 })).content[0].text;
  },
  async "anthropic-stream"(messages) {
    return await new Anthropic().messages.stream({ model, messages, max_tokens: 9 }).finalText();
  },
  async "langchain-openai"(messages) {
    let said = "";
    for await (const chunk of await new ChatOpenAI({ model }).stream(messages)) said += chunk.text;
    return said;
  },
  async "langchain-openai-tools"(messages) {
    const calls = new ChatOpenAI({ model }).bindTools([weather]);
    const answer = await calls.invoke(messages);
    const results = await Promise.all(answer.tool_calls.map((call) => weather.invoke(call)));
    return (await calls.invoke([...messages, answer, ...results])).text;
  },
  https(messages) {
    const headers = { authorization: `Bearer ${process.env.OPENAI_API_KEY}`, "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      const asked = request("https://api.openai.com/v1/chat/completions", { method: "POST", headers }, async (answer) => {
        let text = "";
        for await (const piece of answer) text += piece;
        resolve(JSON.parse(text).choices[0].message.content);
      });
      asked.once("error", reject);
      asked.end(JSON.stringify({ model, messages }));
    });
  },
};

async function act({ by }) {
  return { said: await ways[by]([{ role: "user", content: `hello by ${by}` }]) };
}

export const graph = new StateGraph(State).addNode("act", act).addEdge(START, "act").compile();
