// The socket against a server that the test plays: first frame, shared topics, going on after a loss, and refusals.
import { beforeEach, describe, expect, it } from "vitest";
import { StudioSocket, type TopicMessage } from "../src/api/socket.ts";
import type { ClientFrame, ServerFrame, ThreadEvent, Topic } from "../src/api/wire.ts";

/** A connection as the browser's `WebSocket` gives it; the test is the other end. */
class FakeConnection extends EventTarget {
  readonly sent: ClientFrame[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
    this.dispatchEvent(new Event("close"));
  }

  says(frame: ServerFrame): void {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(frame) }));
  }

  accepts(serverId = "server-1", last = 7): void {
    this.dispatchEvent(new Event("open"));
    this.says({ type: "hello", server_id: serverId, project_id: "project", version: "1.0.0", generation: 1, last });
  }

  took(type: ClientFrame["type"]): ClientFrame[] {
    return this.sent.filter((frame) => frame.type === type);
  }
}

let connections: FakeConnection[] = [];
let waits: { ms: number; run: () => void }[] = [];
let headers: Record<string, string> = {};

function connect(): StudioSocket {
  const world = {
    open: () => {
      const connection = new FakeConnection();
      connections.push(connection);
      return connection as unknown as WebSocket;
    },
    after: (ms: number, run: () => void) => {
      const wait = { ms, run };
      waits.push(wait);
      return () => {
        waits = waits.filter((other) => other !== wait);
      };
    },
  };
  const socket = new StudioSocket(world, () => headers);
  socket.start();
  return socket;
}

function newest(): FakeConnection {
  const connection = connections.at(-1);
  if (!connection) throw new Error("nothing was opened");
  return connection;
}

function elapse(): number {
  const wait = waits.shift();
  if (!wait) throw new Error("nothing waits");
  wait.run();
  return wait.ms;
}

function listenTo<T extends Topic>(socket: StudioSocket, topic: T, after: string | null = null): { heard: TopicMessage<T>[]; stop: () => void } {
  const heard: TopicMessage<T>[] = [];
  return { heard, stop: socket.listen(topic, (message) => heard.push(message), after) };
}

const streamed = (id: string): ServerFrame => ({ type: "event", topic: "thread:t", event: "streamed", id, run_id: "r", name: "values", data: {} });

beforeEach(() => {
  connections = [];
  waits = [];
  headers = { "x-auth-scheme": "langsmith" };
});

describe("the first frame", () => {
  it("says who asks", () => {
    headers = { authorization: "Bearer ada" };
    connect();
    newest().accepts();
    expect(newest().sent[0]).toEqual({ type: "hello", headers: { authorization: "Bearer ada" }, server_id: null, after: null });
  });

  it("goes before what was subscribed to while it connected", () => {
    const socket = connect();
    listenTo(socket, "logs");
    expect(newest().sent).toEqual([]);
    newest().accepts();
    expect(newest().sent.map((frame) => frame.type)).toEqual(["hello", "subscribe"]);
  });
});

describe("a topic", () => {
  it("is subscribed to once for all who listen, and left with the last of them", () => {
    const socket = connect();
    newest().accepts();
    const first = listenTo(socket, "thread:t");
    const second = listenTo(socket, "thread:t");
    newest().says(streamed("1"));
    expect(first.heard).toHaveLength(1);
    expect(second.heard).toHaveLength(1);
    first.stop();
    expect(newest().took("unsubscribe")).toEqual([]);
    second.stop();
    expect(newest().took("subscribe")).toEqual([{ type: "subscribe", topic: "thread:t", after: null }]);
    expect(newest().took("unsubscribe")).toEqual([{ type: "unsubscribe", topic: "thread:t" }]);
  });

  it("tells nothing of other topics", () => {
    const socket = connect();
    newest().accepts();
    const other = listenTo(socket, "thread:other");
    newest().says(streamed("1"));
    expect(other.heard).toEqual([]);
  });

  it("says when it is refused and when events are gone", () => {
    const socket = connect();
    newest().accepts();
    const { heard } = listenTo(socket, "thread:t", "3");
    newest().says({ type: "missed", topic: "thread:t" });
    newest().says({ type: "refused", topic: "thread:t", status: 404, detail: "no such thread" });
    expect(heard).toEqual([{ type: "missed" }, { type: "refused", status: 404, detail: "no such thread" }]);
    expect(socket.state().status).toBe("open");
  });
});

describe("a lost connection", () => {
  it("is made again after longer and longer waits, until one holds", () => {
    const socket = connect();
    newest().accepts();
    const waited: number[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      newest().close();
      expect(socket.state().status).toBe("lost");
      waited.push(elapse());
    }
    expect(waited).toEqual([200, 400, 800, 1600, 3000, 5000, 5000, 5000]);
    newest().accepts();
    expect(socket.state().status).toBe("open");
    newest().close();
    expect(elapse()).toBe(200);
  });

  it("goes on after the last event seen of each topic", () => {
    const socket = connect();
    newest().accepts("server-1", 7);
    const { heard } = listenTo(socket, "thread:t", "4");
    listenTo(socket, "server");
    newest().says(streamed("5"));
    newest().says({ type: "event", topic: "server", id: 9, at: "", event: "reloading", changed: [] });
    newest().close();
    elapse();
    newest().accepts("server-1", 9);
    expect(newest().sent[0]).toMatchObject({ type: "hello", server_id: "server-1", after: 9 });
    expect(newest().took("subscribe")).toContainEqual({ type: "subscribe", topic: "thread:t", after: "5" });
    newest().says(streamed("6"));
    const ids = heard.flatMap((message) => (message.type === "event" && "id" in message.event ? [message.event.id] : []));
    expect(ids).toEqual(["5", "6"]);
  });

  it("keeps the place of a thread through events that have none", () => {
    const socket = connect();
    newest().accepts();
    listenTo(socket, "thread:t");
    newest().says(streamed("5"));
    const step = { task_id: "x", node: "n", ns: "", step: 1, started_at: "", ended_at: null, status: "running", error: null, attempt: 1 } as const;
    const event: ThreadEvent = { event: "step", run_id: "r", step };
    newest().says({ type: "event", topic: "thread:t", ...event });
    newest().close();
    elapse();
    newest().accepts();
    expect(newest().took("subscribe")).toEqual([{ type: "subscribe", topic: "thread:t", after: "5" }]);
  });

  it("begins with the lines of a new server at its own", () => {
    const socket = connect();
    newest().accepts("server-1");
    listenTo(socket, "logs");
    const line = { id: 500, at: "", level: "info", logger: null, message: "", stream: "log", run_id: null, thread_id: null, node: null, task_id: null, generation: 1 } as const;
    newest().says({ type: "event", topic: "logs", id: 500, line });
    newest().close();
    elapse();
    newest().accepts("server-1");
    expect(newest().took("subscribe")).toEqual([{ type: "subscribe", topic: "logs", after: "500" }]);
    newest().close();
    elapse();
    newest().accepts("server-2");
    expect(newest().took("subscribe")).toEqual([{ type: "subscribe", topic: "logs", after: null }]);
  });

  it("tells that another server answers now", () => {
    const socket = connect();
    const greeted: [string, string | null][] = [];
    socket.onHello((hello, before) => greeted.push([hello.server_id, before?.server_id ?? null]));
    newest().accepts("server-1");
    newest().close();
    elapse();
    newest().accepts("server-2", 3);
    newest().close();
    elapse();
    newest().dispatchEvent(new Event("open"));
    expect(greeted).toEqual([
      ["server-1", null],
      ["server-2", "server-1"],
    ]);
    expect(newest().sent[0]).toMatchObject({ server_id: "server-2", after: 3 });
  });
});

describe("an identity that is not let in", () => {
  it("is not tried again until it is another", () => {
    const socket = connect();
    newest().dispatchEvent(new Event("open"));
    newest().says({ type: "refused", topic: null, status: 401, detail: "no token" });
    newest().close();
    expect(socket.state()).toMatchObject({ status: "refused", refused: { status: 401, detail: "no token" } });
    expect(waits).toEqual([]);
    headers = { authorization: "Bearer ada" };
    socket.restart();
    newest().accepts();
    expect(connections).toHaveLength(2);
    expect(newest().sent[0]).toMatchObject({ headers: { authorization: "Bearer ada" } });
    expect(socket.state().status).toBe("open");
  });

  it("that was stopped stays stopped", () => {
    const socket = connect();
    newest().accepts();
    socket.stop();
    expect(newest().closed).toBe(true);
    expect(waits).toEqual([]);
  });
});
