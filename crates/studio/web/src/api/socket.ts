// The one WebSocket of a tab: connects again by itself, goes on after the last event seen, and shares topics among listeners.
import type { Headers } from "./identity.ts";
import type { ClientFrame, LogLine, ServerEvent, ServerFrame, ThreadEvent, Topic } from "./wire.ts";

/** What a listener of a topic is told. */
export type TopicMessage<T extends Topic> =
  | { type: "event"; event: TopicEvent<T> }
  /** Events are gone that this listener has not seen: ask for everything again. */
  | { type: "missed" }
  | { type: "refused"; status: number; detail: string };

export type TopicEvent<T extends Topic> = T extends "server"
  ? ServerEvent & { id: number; at: string }
  : T extends "logs"
    ? LogLine
    : ThreadEvent;

type Listener = (message: TopicMessage<Topic>) => void;

export type Hello = Extract<ServerFrame, { type: "hello" }>;

export interface SocketState {
  status: "connecting" | "open" | "lost" | "refused";
  /** What this server said of itself when it was reached last. */
  hello: Hello | null;
  refused: { status: number; detail: string } | null;
}

/** The parts of a browser that it stands on; tests give others. */
export interface SocketWorld {
  open: () => WebSocket;
  after: (ms: number, run: () => void) => () => void;
}

/** Waited before the first attempts to connect again; the last one for all that follow. */
const BACKOFF_MS = [200, 400, 800, 1600, 3000, 5000];

interface Subscription {
  listeners: Set<Listener>;
  /** Of the last event seen, or as who subscribed first said. */
  after: string | null;
}

export class StudioSocket {
  readonly #world: SocketWorld;
  readonly #headers: () => Headers;
  readonly #topics = new Map<Topic, Subscription>();
  readonly #watchers = new Set<() => void>();
  readonly #greeted = new Set<(hello: Hello, before: Hello | null) => void>();
  #state: SocketState = { status: "connecting", hello: null, refused: null };
  #socket: WebSocket | null = null;
  #attempts = 0;
  #lastServerEvent: number | null = null;
  #cancelRetry: (() => void) | null = null;

  constructor(world: SocketWorld, headers: () => Headers) {
    this.#world = world;
    this.#headers = headers;
  }

  /** Connects, and again whenever the connection is lost. */
  start(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (this.#socket) return;
    const socket = this.#world.open();
    this.#socket = socket;
    socket.addEventListener("open", () => this.#sayHello(socket));
    socket.addEventListener("message", (message) => this.#received(socket, String(message.data)));
    socket.addEventListener("close", () => this.#closed(socket));
  }

  stop(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#attempts = 0;
  }

  /** After the identity changed: what may be seen is another now. */
  restart(): void {
    this.stop();
    this.#lastServerEvent = null;
    this.#change({ status: "connecting", refused: null });
    this.start();
  }

  /** `after`: the last event of the topic that the listener knows, null for what comes from now on. */
  listen<T extends Topic>(topic: T, listener: (message: TopicMessage<T>) => void, after: string | null = null): () => void {
    // A topic's listeners only ever get messages of their topic.
    const heard = listener as Listener;
    const known = this.#topics.get(topic);
    if (known) {
      known.listeners.add(heard);
    } else {
      this.#topics.set(topic, { listeners: new Set([heard]), after });
      if (this.#state.status === "open") this.#send({ type: "subscribe", topic, after });
    }
    return () => this.#unlisten(topic, heard);
  }

  /** At each hello of a server, with the one before. */
  onHello(greet: (hello: Hello, before: Hello | null) => void): () => void {
    this.#greeted.add(greet);
    return () => this.#greeted.delete(greet);
  }

  readonly state = (): SocketState => this.#state;

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  #unlisten(topic: Topic, listener: Listener): void {
    const known = this.#topics.get(topic);
    if (!known?.listeners.delete(listener) || known.listeners.size) return;
    this.#topics.delete(topic);
    if (this.#state.status === "open") this.#send({ type: "unsubscribe", topic });
  }

  #sayHello(socket: WebSocket): void {
    const hello: ClientFrame = {
      type: "hello",
      headers: this.#headers(),
      server_id: this.#state.hello?.server_id ?? null,
      after: this.#lastServerEvent,
    };
    socket.send(JSON.stringify(hello));
  }

  #received(socket: WebSocket, text: string): void {
    if (socket !== this.#socket) return;
    const frame: ServerFrame = JSON.parse(text);
    switch (frame.type) {
      case "hello":
        return this.#helloed(frame);
      case "event":
        return this.#event(frame);
      case "missed":
        return this.#tell(frame.topic, { type: "missed" });
      case "refused":
        return this.#refused(frame);
      case "subscribed":
        return undefined;
    }
  }

  #helloed(hello: Hello): void {
    const before = this.#state.hello;
    if (before?.server_id !== hello.server_id) this.#startOver(hello);
    this.#attempts = 0;
    this.#change({ status: "open", hello, refused: null });
    for (const [topic, { after }] of this.#topics) this.#send({ type: "subscribe", topic, after });
    for (const greet of this.#greeted) greet(hello, before);
  }

  /** Ids of events and lines begin anew with each life of a server; those of threads are kept with them. */
  #startOver(hello: Hello): void {
    this.#lastServerEvent = hello.last;
    const logs = this.#topics.get("logs");
    if (logs) logs.after = null;
  }

  #event(frame: Extract<ServerFrame, { type: "event" }>): void {
    if (frame.topic === "server") {
      this.#lastServerEvent = frame.id;
      return this.#tell("server", { type: "event", event: frame });
    }
    const known = this.#topics.get(frame.topic);
    if (known && "id" in frame) known.after = String(frame.id);
    return this.#tell(frame.topic, { type: "event", event: frame.topic === "logs" ? frame.line : frame });
  }

  #refused(frame: Extract<ServerFrame, { type: "refused" }>): void {
    const { status, detail } = frame;
    if (frame.topic) return this.#tell(frame.topic, { type: "refused", status, detail });
    this.#change({ status: "refused", refused: { status, detail } });
  }

  #tell(topic: Topic, message: TopicMessage<Topic>): void {
    for (const listener of this.#topics.get(topic)?.listeners ?? []) listener(message);
  }

  #closed(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    // Who was refused is refused again until the identity is another.
    if (this.#state.status === "refused") return;
    this.#change({ status: "lost" });
    const wait = BACKOFF_MS[Math.min(this.#attempts, BACKOFF_MS.length - 1)] ?? 0;
    this.#attempts += 1;
    this.#cancelRetry = this.#world.after(wait, () => this.start());
  }

  #send(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #change(part: Partial<SocketState>): void {
    this.#state = { ...this.#state, ...part };
    for (const watcher of this.#watchers) watcher();
  }
}

/** The browser's own socket to the server that this page came from. */
export const BROWSER: SocketWorld = {
  open: () => new WebSocket(`${location.origin.replace(/^http/, "ws")}/lgx/socket`),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
