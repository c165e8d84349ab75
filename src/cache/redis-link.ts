import { isIP } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ClientClosedError,
  ConnectionTimeoutError,
  createClient,
  createCluster,
  ErrorReply,
  RESP_TYPES,
  RootNodesUnavailableError,
  SocketClosedUnexpectedlyError,
} from "@redis/client";
import { causeCodeOf, type OutageSubject } from "../errors.ts";
import { afterTicks, outageOf } from "./guarded-store.ts";

const CONNECT_MS = 2_000;

/** How long a command may take, in ticks of the event loop, before its connection counts as dead: its server may have moved. */
const COMMAND_TICKS = 20;

/** How long what was asked before has to end. */
const CLOSE_MS = 1_000;

type Words = readonly (string | Buffer)[];

/** A connection to a server, or to the nodes of a cluster. */
interface Connection {
  /** `key` leads to the node of a cluster. Texts of the answer are bytes. */
  send(key: string, words: Words): Promise<unknown>;
  /** Of each primary. */
  each(): Promise<readonly ((words: Words) => Promise<unknown>)[]>;
  /** Other nodes that know the cluster. */
  readonly nodes: readonly string[];
  close(): Promise<unknown>;
  destroy(): void;
}

const BYTES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };

/** A way to a Redis or Valkey server, alone or as a cluster. */
export interface RedisLink {
  readonly about: OutageSubject;
  /** Sends a command for keys on the node of `key`. Texts of the answer are bytes. Throws Outage. */
  send(key: string, words: Words): Promise<unknown>;
  /** The primaries, one by one, for commands that are about all keys of a server. */
  each(): Promise<readonly ((words: Words) => Promise<unknown>)[]>;
  /** Ends with what was sent before. */
  dispose(): Promise<void>;
}

/**
 * A connection that fails is given up and the next command makes a new one, which looks up the host again: after a failover the name
 * leads elsewhere, and a connection to the former primary would stay open for good.
 */
export async function redisLink(url: string, part: Pick<OutageSubject, "part"> = {}): Promise<RedisLink> {
  const about = { store: "redis", ...part, host: hostOf(url) } as const;
  let isCluster = false;
  let isClosed = false;
  let roots: readonly string[] = [];
  let connected: Promise<Connection> | null = null;

  function connection(): Promise<Connection> {
    if (isClosed) throw new ClientClosedError();
    if (connected !== null) return connected;
    const opening = isCluster ? toCluster(url, roots) : toServer(url);
    connected = opening;
    opening.catch(() => giveUp(opening));
    return opening;
  }

  function giveUp(failed: Promise<Connection>): void {
    if (connected === failed) connected = null;
    failed.then(
      (each) => each.destroy(),
      () => {},
    );
  }

  /** Fails with an Outage that has the code of the server, or of the connection where that is broken. */
  async function send(key: string, words: Words): Promise<unknown> {
    const asCluster = isCluster;
    const used = connection();
    const late = afterTicks(COMMAND_TICKS, () => outageOf(about, "ETIMEDOUT"));
    try {
      const work = used.then((each) => each.send(key, words));
      work.catch(() => {}); // it may fail after it was given up
      return await Promise.race([work, late.promise]);
    } catch (fault) {
      const code = codeOf(fault);
      if (!isAboutCommand(code)) giveUp(used);
      // The first such answer ends the connection for all commands that were sent over it.
      if (code === "MOVED") isCluster = true;
      if (isCluster && !asCluster) return send(key, words);
      if (isCluster)
        roots = await used.then(
          ({ nodes }) => nodes,
          () => roots,
        );
      throw outageOf(about, code, fault);
    } finally {
      late.cancel();
    }
  }

  await Promise.race([connection().catch(() => {}), sleep(CONNECT_MS, undefined, { ref: false })]);
  return {
    about,
    send,
    async each() {
      if (!isCluster && String(await send("", ["INFO", "cluster"])).includes("cluster_enabled:1")) {
        isCluster = true;
        if (connected !== null) giveUp(connected);
      }
      return (await connection()).each();
    },
    async dispose() {
      const open = connected;
      isClosed = true;
      if (open === null) return;
      const ended = open.then((each) => each.close()).catch(() => {}); // it is away, and nothing is under way
      await Promise.race([ended, sleep(CLOSE_MS, undefined, { ref: false })]);
      giveUp(open);
    },
  };
}

const SOCKET = { connectTimeout: CONNECT_MS, reconnectStrategy: false } as const;

async function toServer(url: string): Promise<Connection> {
  const client = createClient({ url, disableOfflineQueue: true, socket: SOCKET });
  client.on("error", () => {}); // the commands that fail say so themselves
  await client.connect();
  return {
    send: (_key, words) => client.sendCommand(words, BYTES),
    each: async () => [(words) => client.sendCommand(words, BYTES)],
    nodes: [],
    close: () => client.close(),
    destroy: () => client.isOpen && client.destroy(),
  };
}

async function toCluster(url: string, roots: readonly string[]): Promise<Connection> {
  const { protocol, username, password } = new URL(url);
  const tls = protocol === "rediss:" ? ({ tls: true } as const) : {};
  const cluster = createCluster({
    rootNodes: [url, ...roots].map((root) => ({ url: root })),
    defaults: {
      ...(username === "" ? {} : { username: decodeURIComponent(username) }),
      ...(password === "" ? {} : { password: decodeURIComponent(password) }),
      disableOfflineQueue: true,
      socket: { ...SOCKET, ...tls },
    },
  });
  let lastFault: unknown;
  const note = (fault: unknown) => {
    lastFault = fault;
  };
  cluster.on("error", note);
  cluster.on("node-error", note);
  try {
    await cluster.connect();
  } catch (fault) {
    throw fault instanceof RootNodesUnavailableError && lastFault !== undefined ? lastFault : fault;
  }
  return {
    send: (key, words) => cluster.sendCommand(key, false, [...words], BYTES),
    each: async () => {
      const clients = await Promise.all(cluster.masters.map((node) => cluster.nodeClient(node)));
      return clients.map((client) => (words: Words) => client.sendCommand(words, BYTES));
    },
    get nodes() {
      return cluster.masters.map(({ host, port }) => {
        const name = isIP(host) === 6 ? `[${host}]` : host;
        return `${protocol}//${name}:${port}`;
      });
    },
    close: () => cluster.close(),
    destroy: () => cluster.isOpen && cluster.destroy(),
  };
}

/** True if a fault is about what was asked: another connection would not help. */
function isAboutCommand(code: string): boolean {
  return ["NOPERM", "OOM", "CROSSSLOT", "ERR", "WRONGTYPE", "MISCONF"].includes(code);
}

/** Host and port, without the credentials. */
function hostOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 6379}`;
}

/** A reply's code is its first word; the library's own errors have none. */
function codeOf(fault: unknown): string {
  if (fault instanceof ErrorReply) return codeOfReply(fault.message);
  if (fault instanceof ConnectionTimeoutError) return "ETIMEDOUT";
  if (fault instanceof SocketClosedUnexpectedlyError) return "ECONNRESET";
  return causeCodeOf(fault);
}

function codeOfReply(message: string): string {
  if (/^ERR (SELECT is not allowed in cluster|DB index)/.test(message)) return "DB_NUMBER";
  return /^[A-Z]{2,30}\b/.exec(message)?.[0] ?? "ERR";
}
