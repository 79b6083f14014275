// Plays scenarios to a server and returns the events that it streams.

/** Whether a line of a stream begins an event, and what follows it; lines end as each server likes. */
const LINE = /\r\n|\n|\r/;
const CHANNELS = ["values", "updates", "messages", "tools", "custom", "lifecycle", "input", "tasks", "checkpoints"];
const ENDS = new Set(["completed", "failed", "interrupted"]);

/** The events of the runs of a scenario, one list for each run. */
export async function playRuns(url, [graph, ...runs]) {
  const thread = await newThread(url);
  const told = [];
  for (const run of runs) {
    const answer = await post(`${url}/threads/${thread}/runs/stream`, { assistant_id: graph, ...run });
    const events = [];
    for await (const { event, data } of eventsOf(answer)) if (event !== "metadata") events.push({ event, data });
    told.push(events);
  }
  return told;
}

/** The events of a session of the event protocol, one list for each run. */
export async function playSession(url, [graph, start, ...answers]) {
  const thread = await newThread(url);
  await command(url, thread, "run.start", { assistant_id: graph, ...start });
  const gone = new AbortController();
  const stream = eventsOf(await post(`${url}/threads/${thread}/stream/events`, { channels: CHANNELS }, gone.signal));
  const told = [await untilRest(stream)];
  for (const answer of answers) {
    const asked = told.at(-1).findLast(({ method }) => method === "input.requested");
    await command(url, thread, "input.respond", { namespace: asked.namespace, interrupt_id: asked.data.interrupt_id, ...answer });
    told.push(await untilRest(stream));
  }
  gone.abort();
  return told;
}

/** The events of one run, to the end of its root. */
async function untilRest(stream) {
  const events = [];
  for (;;) {
    const { value } = await stream.next();
    const { method, params } = JSON.parse(value.text);
    const { namespace, node, data } = params;
    events.push({ method, namespace, ...(node !== undefined && { node }), data });
    if (method === "lifecycle" && namespace.length === 0 && ENDS.has(data.event)) return events;
  }
}

let commands = 0;
async function command(url, thread, method, params) {
  commands += 1;
  const answer = await (await post(`${url}/threads/${thread}/commands`, { id: commands, method, params })).json();
  if (answer.type !== "success") throw new Error(`${method} was refused: ${answer.message}`);
}

async function newThread(url) {
  return (await (await post(`${url}/threads`, {})).json()).thread_id;
}

async function post(url, body, signal) {
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return answer;
}

/** Each event of a stream: its name, its text and, read when it is asked for, its data. */
async function* eventsOf(answer) {
  let event = "";
  let text = "";
  for await (const line of lines(answer.body)) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) text += line.slice(5).trim();
    else if (line === "" && event) {
      const whole = text;
      yield { event, text: whole, get data() { return whole ? JSON.parse(whole) : null; } };
      event = text = "";
    }
  }
}

async function* lines(body) {
  let rest = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split(LINE);
    rest = parts.pop();
    yield* parts;
  }
}
