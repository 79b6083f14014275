// The checkpointer of graphs: a `BaseCheckpointSaver` whose storage is the server's.

import { CheckpointIds } from "./checkpoint_ids.mjs";
import { checkpointMetadata } from "./checkpoint_metadata.mjs";
import { CallFailed } from "./errors.mjs";

/** @typedef {import("@langchain/langgraph-checkpoint").BaseCheckpointSaver} BaseSaver */
/** @typedef {import("@langchain/langgraph-checkpoint").CheckpointTuple} CheckpointTuple */
/** @typedef {import("@langchain/core/runnables").RunnableConfig} RunnableConfig */
/** @typedef {typeof import("@langchain/langgraph-checkpoint")} CheckpointModule */
/** @typedef {import("./connection.mjs").Connection} Connection */
/** @typedef {import("./connection.mjs").ServerMethod} ServerMethod */
/** @typedef {import("./frames.mjs").Meta} Meta */
/** @typedef {import("./held_writes.mjs").HeldWrites} HeldWrites */
/** @typedef {{thread_id: string, checkpoint_ns: string, checkpoint_id: string | null}} Address */
/** @typedef {Address & {checkpoint_id: string, parent_checkpoint_id: string | null, encoding: string, metadata: Meta}} Row */
/** @typedef {[taskId: string, idx: number, channel: string, encoding: string, taskPath: string]} Write */
/** @typedef {{checkpoint: Row, channels: [channel: string, version: string, encoding: string][], writes: Write[]}} TupleMeta */

/**
 * What a saver is for: a run, or an operation on a thread. `behind` sends writes as NOTEs, which the server applies in order before
 * it sees the run's reply; without it every write waits for the server. `onRead` is called whenever a checkpoint was looked for.
 * Nobody reads the checkpoints of a `temporary` run once it is over, so these need not hold everything. What an update writes is `held`
 * until something is read: then the superstep that it is of has been made. All savers of a process share what it knows of `ids`.
 * @typedef {{runId?: string | null, behind?: boolean, temporary?: boolean, prefetched?: Prefetched | null, held?: HeldWrites | null, ids?: CheckpointIds, onRead?: () => void}} SaverOptions
 */

const EMPTY = "empty";
const INTERRUPT = "__interrupt__";
/** What is written of a task that is not its output: what happened to it. */
const OF_THE_TASK_ITSELF = new Set(["__error__", "__error_source_node__", INTERRUPT, "__resume__"]);
const REMARK = Buffer.from('"[unable to serialize, circular reference is too complex to analyze]"');
const GIVEN_UP = "it holds what JSON has no form for, such as a BigInt";
/** The channel that tasks were sent through in checkpoints of before version 4, where the parent's writes hold them. */
const TASKS = "__pregel_tasks";
const TASKS_ARE_A_CHANNEL = 4;

/** What the server sent along with a run: the newest root checkpoint of its thread, or that there is none. */
export class Prefetched {
  /** Namespaces this run has written to; in a thread that was empty the others still have nothing. */
  written = new Set();
  used = false;

  /**
   * @param {string} threadId
   * @param {TupleMeta | null} meta
   * @param {Buffer[]} sections
   */
  constructor(threadId, meta, sections) {
    this.threadId = threadId;
    this.meta = meta;
    this.sections = sections;
  }

  /**
   * Whether this look-up needs no round trip.
   * @param {Address} address
   */
  answers({ thread_id, checkpoint_ns, checkpoint_id }) {
    if (thread_id !== this.threadId || this.written.has(checkpoint_ns)) return false;
    if (this.meta === null) return true;
    if (checkpoint_ns !== "" || this.used) return false;
    return checkpoint_id === null || checkpoint_id === this.meta.checkpoint.checkpoint_id;
  }
}

/**
 * The class of savers, made of the base class that the project's langgraph knows.
 * @param {CheckpointModule} module
 */
export function saverClass({ BaseCheckpointSaver, WRITES_IDX_MAP }) {
  /** Checkpoints over the protocol. */
  return class RemoteSaver extends BaseCheckpointSaver {
    #connection;
    #runId;
    #behind;
    #temporary;
    #prefetched;
    #held;
    #ids;
    #onRead;
    /** @type {Map<string, number>} The step of the checkpoint that was read first, by namespace. */
    #readAt = new Map();
    /** What has been sent, or is about to be: values are encoded side by side, and sent in the order in which they were put. */
    #sent = Promise.resolve();

    /**
     * @param {Connection} connection
     * @param {SaverOptions} [options]
     */
    constructor(connection, { runId = null, behind = false, temporary = false, prefetched = null, held = null, ids = new CheckpointIds(), onRead = () => {} } = {}) {
      super();
      this.#connection = connection;
      this.#runId = runId;
      this.#behind = behind;
      this.#temporary = temporary;
      this.#prefetched = prefetched;
      this.#held = held;
      this.#ids = ids;
      this.#onRead = onRead;
      // Up to langgraph 1.4 a change of a subgraph's state takes it for a function that needs no `this`.
      this.getNextVersion = this.getNextVersion.bind(this);
    }

    /**
     * The checkpoint that `config` names, or the newest of its namespace.
     * @param {RunnableConfig} config
     * @returns {Promise<CheckpointTuple | undefined>}
     */
    async getTuple(config) {
      if (config.configurable?.["thread_id"] === undefined) return undefined;
      const address = addressOf(config);
      const sent = this.#prefetched;
      /** @type {TupleMeta | null} */
      let meta;
      /** @type {Buffer[]} */
      let sections;
      if (sent?.answers(address)) {
        sent.used = sent.meta !== null;
        ({ meta, sections } = sent);
      } else {
        await this.#stored();
        const reply = await this.#connection.call("checkpoint.get", address);
        meta = reply.meta["tuple"];
        sections = reply.sections;
      }
      const found = meta === null ? undefined : await this.#tuple(meta, sections);
      const step = meta?.checkpoint.metadata["step"];
      if (typeof step === "number" && !this.#readAt.has(address.checkpoint_ns)) this.#readAt.set(address.checkpoint_ns, step);
      this.#onRead();
      return found;
    }

    /**
     * The checkpoints that match, newest first; the server sends as many at once as fit into a message.
     * @param {RunnableConfig} config
     * @param {import("@langchain/langgraph-checkpoint").CheckpointListOptions} [options]
     */
    async *list(config, { before, filter, limit } = {}) {
      await this.#stored();
      const { thread_id = null, checkpoint_ns = null, checkpoint_id } = config.configurable ?? {};
      let left = limit ?? null;
      let from = before?.configurable?.["checkpoint_id"] ?? null;
      for (let more = true; more; ) {
        const query = { thread_id, checkpoint_ns, checkpoint_id: checkpoint_id || null, before: from, filter: filter ?? {}, limit: left };
        const { meta, sections } = await this.#connection.call("checkpoint.list", query);
        /** @type {TupleMeta[]} */
        const tuples = meta["tuples"];
        let at = 0;
        for (const one of tuples) {
          const size = 1 + one.channels.length + one.writes.length;
          yield await this.#tuple(one, sections.slice(at, at + size));
          at += size;
        }
        from = tuples.at(-1)?.checkpoint.checkpoint_id ?? null;
        if (left !== null) left -= tuples.length;
        more = meta["more"] && tuples.length > 0;
      }
    }

    /**
     * Stores a checkpoint.
     * @param {RunnableConfig} config
     * @param {import("@langchain/langgraph-checkpoint").Checkpoint} checkpoint
     * @param {import("@langchain/langgraph-checkpoint").CheckpointMetadata} metadata
     * @param {import("@langchain/langgraph-checkpoint").ChannelVersions} newVersions
     * @returns {Promise<RunnableConfig>}
     */
    async put(config, checkpoint, metadata, newVersions) {
      const { thread_id, checkpoint_ns, checkpoint_id: parent } = addressOf(config);
      const { channel_values: values, ...rest } = checkpoint;
      this.#prefetched?.written.add(checkpoint_ns);
      this.#ids.wrote(checkpoint.id);
      const encoded = async () => {
        const [encoding, body] = await this.serde.dumpsTyped(rest);
        const channels = await Promise.all(
          Object.entries(newVersions).map(async ([channel, version]) => {
            const [kind, blob] = channel in values ? await this.#dumps(channel, values[channel]) : [EMPTY, Buffer.alloc(0)];
            return { row: [channel, String(version), kind], blob };
          }),
        );
        const versions = Object.entries(checkpoint.channel_versions).map(([channel, version]) => [channel, String(version)]);
        const params = {
          run_id: this.#runId,
          checkpoint: {
            thread_id,
            checkpoint_ns,
            checkpoint_id: checkpoint.id,
            parent_checkpoint_id: parent,
            encoding,
            metadata: checkpointMetadata(config, metadata),
            channel_versions: Object.fromEntries(versions),
          },
          new: channels.map(({ row }) => row),
        };
        return { params, sections: [body, ...channels.map(({ blob }) => blob)] };
      };
      await this.#send("put", encoded());
      return { configurable: { thread_id, checkpoint_ns, checkpoint_id: checkpoint.id } };
    }

    /**
     * Stores what a task wrote on top of a checkpoint.
     * @param {RunnableConfig} config
     * @param {import("@langchain/langgraph-checkpoint").PendingWrite[]} writes
     * @param {string} taskId
     * @param {string} [taskPath]
     */
    async putWrites(config, writes, taskId, taskPath = "") {
      const address = addressOf(config);
      this.#prefetched?.written.add(address.checkpoint_ns);
      const encoded = async () => {
        const rows = await Promise.all(
          writes.map(async ([channel, value], index) => {
            const [encoding, blob] = await this.#dumps(channel, value);
            return { row: [taskId, WRITES_IDX_MAP[channel] ?? index, channel, encoding, taskPath], blob };
          }),
        );
        const params = { run_id: this.#runId, checkpoint: address, writes: rows.map(({ row }) => row) };
        return { params, sections: rows.map(({ blob }) => blob) };
      };
      await this.#send("put_writes", encoded());
    }

    /**
     * Deletes a thread's checkpoints and writes.
     * @param {string} threadId
     */
    async deleteThread(threadId) {
      await this.#stored();
      await this.#connection.call("checkpoint.delete_thread", { thread_id: threadId });
    }

    /**
     * Versions as Python's savers make them: a counter, and a random part that keeps forks apart. The values of channels are kept by
     * version, so those of two forks would be each other's if both counted on with integers.
     * @override
     * @param {number | undefined} current
     * @returns {any}
     */
    getNextVersion(current) {
      // A step that changes anything asks for versions, and then makes its checkpoint.
      this.#ids.keepUp();
      const counter = current === undefined || current === null ? 0 : Number.parseInt(String(current), 10);
      return `${String(counter + 1).padStart(32, "0")}.${String(Math.random()).padEnd(18, "0")}`;
    }

    /**
     * The step of the checkpoint that a graph has gone on from; none if it had none.
     * @param {string} namespace
     */
    stepBefore(namespace) {
      return this.#readAt.get(namespace) ?? null;
    }

    /** Resolves when all that was put has been sent. */
    async settled() {
      await this.#sent.catch(() => {});
    }

    /** Resolves when what was put before is there for whoever reads. */
    async #stored() {
      await this.#sent;
      for (const { params, sections } of this.#held?.take() ?? []) {
        await this.#connection.call("checkpoint.put_update", params, sections);
      }
    }

    /**
     * @param {"put" | "put_writes"} kind
     * @param {Promise<{params: Meta, sections: Uint8Array[]}>} encoded
     */
    async #send(kind, encoded) {
      /** @type {ServerMethod} */
      const method = `checkpoint.${kind}`;
      const before = this.#sent;
      const send = async () => {
        const { params, sections } = await encoded;
        // What could not be sent before is whoever's who put it.
        await before.catch(() => {});
        if (this.#held) this.#held.hold(kind, { params, sections });
        else if (this.#behind) {
          this.#connection.note(method, params, sections);
          await this.#connection.drained();
        } else await this.#connection.call(method, params, sections);
      };
      const sending = send();
      this.#sent = sending.catch(() => {});
      await sending;
    }

    /**
     * @param {string} channel
     * @param {unknown} value
     * @returns {Promise<[string, Uint8Array]>}
     */
    async #dumps(channel, value) {
      try {
        const dumped = await this.serde.dumpsTyped(value);
        if (!this.#temporary && isGivenUp(dumped[1])) throw new TypeError(GIVEN_UP);
        return dumped;
      } catch (error) {
        throw new TypeError(
          `The value of \`${channel}\` cannot be stored in the thread: ${/** @type {Error} */ (error).message}. Keep clients, locks and functions out of the state; the context, or a variable of the module, is the place for them.`,
          { cause: error },
        );
      }
    }

    /**
     * @param {string} encoding
     * @param {Buffer} section
     */
    async #loads(encoding, section) {
      if (encoding !== "json" && encoding !== "bytes") throw foreign(encoding);
      // Bytes are kept by the state; these are part of all that came with them.
      return this.serde.loadsTyped(encoding, encoding === "bytes" ? Uint8Array.from(section) : section);
    }

    /**
     * @param {TupleMeta} meta
     * @param {Buffer[]} sections
     * @returns {Promise<CheckpointTuple>}
     */
    async #tuple({ checkpoint: row, channels, writes }, sections) {
      const [body = Buffer.alloc(0), ...blobs] = sections;
      await this.#ids.read(row.checkpoint_id);
      const checkpoint = await this.#loads(row.encoding, body);
      const values = await Promise.all(
        channels.map(async ([channel, , encoding], index) =>
          encoding === EMPTY ? [] : [[channel, await this.#loads(encoding, blobAt(blobs, index))]],
        ),
      );
      checkpoint.channel_values = Object.fromEntries(values.flat());
      const parent = row.parent_checkpoint_id;
      if (parent !== null && checkpoint.v < TASKS_ARE_A_CHANNEL) await this.#addSends(checkpoint, { ...row, checkpoint_id: parent });
      return {
        config: configOf(row),
        checkpoint,
        metadata: /** @type {any} */ (row.metadata),
        ...(parent !== null && { parentConfig: configOf({ ...row, checkpoint_id: parent }) }),
        pendingWrites: withoutAnswered(await this.#pendingWrites(writes, blobs.slice(channels.length))),
      };
    }

    /**
     * In the order in which langgraph applies them.
     * @param {Write[]} writes
     * @param {Buffer[]} blobs
     * @returns {Promise<import("@langchain/langgraph-checkpoint").CheckpointPendingWrite[]>}
     */
    async #pendingWrites(writes, blobs) {
      const ordered = writes.map((write, index) => ({ write, blob: blobAt(blobs, index) })).toSorted((a, b) => order(a.write, b.write));
      return Promise.all(ordered.map(async ({ write: [id, , channel, encoding], blob }) => [id, channel, await this.#loads(encoding, blob)]));
    }

    /**
     * @param {import("@langchain/langgraph-checkpoint").Checkpoint} checkpoint
     * @param {Address} parent
     */
    async #addSends(checkpoint, { thread_id, checkpoint_ns, checkpoint_id }) {
      const { meta, sections } = await this.#connection.call("checkpoint.get", { thread_id, checkpoint_ns, checkpoint_id });
      /** @type {TupleMeta | null} */
      const found = meta["tuple"];
      if (!found) return;
      const pending = await this.#pendingWrites(found.writes, sections.slice(1 + found.channels.length));
      checkpoint.channel_values[TASKS] = pending.flatMap(([, channel, value]) => (channel === TASKS ? [value] : []));
      const versions = Object.values(checkpoint.channel_versions).toSorted((a, b) => (a < b ? -1 : 1));
      checkpoint.channel_versions[TASKS] = versions.at(-1) ?? this.getNextVersion(undefined);
    }
  };
}

/** @typedef {InstanceType<ReturnType<typeof saverClass>>} RemoteSaver */

/**
 * @param {RunnableConfig} config
 * @returns {Address}
 */
function addressOf({ configurable }) {
  const { thread_id, checkpoint_ns, checkpoint_id } = configurable ?? {};
  return { thread_id: String(thread_id), checkpoint_ns: checkpoint_ns ?? "", checkpoint_id: checkpoint_id || null };
}

/** @param {Address} address */
function configOf({ thread_id, checkpoint_ns, checkpoint_id }) {
  return { configurable: { thread_id, checkpoint_ns, checkpoint_id } };
}

/**
 * @param {Buffer[]} blobs
 * @param {number} index
 */
function blobAt(blobs, index) {
  return blobs[index] ?? Buffer.alloc(0);
}

/**
 * Whether a serializer has put a remark in the place of the value, as that of langgraph does when it cannot write one: all that the
 * channel held would be lost.
 * @param {Uint8Array} dumped
 */
function isGivenUp(dumped) {
  return dumped.length === REMARK.length && REMARK.equals(dumped);
}

/**
 * Without the questions of tasks that have gone on to their ends since: langgraph shows every question of a step as one that waits.
 * @param {import("@langchain/langgraph-checkpoint").CheckpointPendingWrite[]} writes
 */
function withoutAnswered(writes) {
  const finished = new Set(writes.flatMap(([id, channel]) => (OF_THE_TASK_ITSELF.has(channel) ? [] : [id])));
  return writes.filter(([id, channel]) => channel !== INTERRUPT || !finished.has(id));
}

/**
 * By the path of the task, the task, and the number of the write.
 * @param {Write} a
 * @param {Write} b
 */
function order([idA, indexA, , , pathA], [idB, indexB, , , pathB]) {
  return byCodePoint(pathA ?? "", pathB ?? "") || byCodePoint(idA, idB) || indexA - indexB;
}

/**
 * As Python orders texts: `<` compares halves of what lies beyond the first 65,536 characters.
 * @param {string} a
 * @param {string} b
 */
function byCodePoint(a, b) {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** @param {string} encoding */
function foreign(encoding) {
  return new CallFailed(
    `This thread was written by a graph in Python (its values are \`${encoding}\`), and a thread belongs to the language that began it. Use a new thread.`,
    { type: "ForeignThread", status: 409 },
  );
}
