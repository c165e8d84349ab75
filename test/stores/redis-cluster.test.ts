/** @module-tag deep */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { redisStore } from "../../src/cache/redis-store.ts";
import { gateway, json, type Route } from "../gateway.ts";
import { PATHS, tokenPage, wireUser } from "../wire.ts";
import { hasRedis, redisServer } from "./redis-server.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | null) => (value === null ? null : Buffer.from(value).toString());

/** An address that leads to one server after another, as a name or a service does; open connections stay where they are. */
async function movingAddress() {
  let target = "";
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const { hostname, port } = new URL(target);
    const onward = dial(Number(port), hostname);
    for (const socket of [client, onward]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        onward.destroy();
      });
    }
    client.pipe(onward).pipe(client);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `redis://127.0.0.1:${port}`,
    leadTo(url: string) {
      target = url;
    },
    [Symbol.dispose]() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

describe.skipIf(!hasRedis)("a Redis store with a primary that changes", () => {
  test("is used at the new primary once the address leads there, without a restart", async () => {
    await using former = await redisServer();
    await using next = await redisServer();
    using address = await movingAddress();
    address.leadTo(former.url);
    const store = await redisStore(address.url);
    await store.set("page", bytes("before"), null);
    const { hostname, port } = new URL(next.url);
    await former.command("REPLICAOF", hostname, port);
    await expect(store.set("page", bytes("lost"), null)).rejects.toMatchObject({ code: "READONLY" });
    address.leadTo(next.url);
    await store.set("page", bytes("after"), null);
    expect(text(await store.get("page"))).toBe("after");
    expect(await store.take("bucket", 1, 60_000)).toBe(0);
    await store.dispose();
    const there = await redisStore(next.url);
    expect(text(await there.get("page"))).toBe("after");
    await there.dispose();
  });

  test("does not read on from a replica that has lost its primary", async () => {
    await using former = await redisServer();
    await using next = await redisServer();
    using address = await movingAddress();
    address.leadTo(former.url);
    const store = await redisStore(address.url);
    await former.command("CONFIG", "SET", "replica-serve-stale-data", "no");
    await former.command("REPLICAOF", "127.0.0.1", "1");
    await expect(store.get("page")).rejects.toMatchObject({ code: "MASTERDOWN" });
    address.leadTo(next.url);
    expect(await store.get("page")).toBeNull();
    await store.set("page", bytes("after"), null);
    await store.dispose();
  });

  test("closes the connection to a server that answers no more, and makes a new one", async () => {
    await using former = await redisServer();
    await using next = await redisServer();
    using address = await movingAddress();
    address.leadTo(former.url);
    const store = await redisStore(address.url);
    await store.set("page", bytes("before"), null);
    await former.command("CLIENT", "PAUSE", "60000", "ALL");
    await expect(store.get("page")).rejects.toMatchObject({ code: "ETIMEDOUT" });
    address.leadTo(next.url);
    await store.set("page", bytes("after"), null);
    await store.dispose();
  });
});

/** A server that answers every command with one error, and counts its connections. */
async function refusingServer(reply: string) {
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      for (const _ of chunk.toString().matchAll(/\*\d+\r\n/g)) socket.write(`-${reply}\r\n`);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `redis://127.0.0.1:${port}`,
    connections,
    [Symbol.dispose]() {
      server.close();
      for (const socket of connections) socket.destroy();
    },
  };
}

describe("a Redis that answers", () => {
  test.each([
    "READONLY You can't write against a read only replica.",
    "LOADING Redis is loading",
    "MASTERDOWN Link down",
  ])("%s is asked over a new connection the next time", async (reply) => {
    using server = await refusingServer(reply);
    const store = await redisStore(server.url);
    for (const connections of [1, 2, 3]) {
      await expect(store.delete("page")).rejects.toMatchObject({ code: reply.split(" ")[0] });
      expect(server.connections).toHaveLength(connections);
    }
    await store.dispose();
  });

  test.each(["NOPERM no permissions", "OOM command not allowed"])(
    "%s keeps its connection",
    async (reply) => {
      using server = await refusingServer(reply);
      const store = await redisStore(server.url);
      for (let i = 0; i < 3; i++)
        await expect(store.delete("page")).rejects.toMatchObject({ code: reply.split(" ")[0] });
      expect(server.connections).toHaveLength(1);
      await store.dispose();
    },
  );
});

/** A cluster of so many nodes, without replicas. */
async function cluster(nodes: number) {
  const servers = await Promise.all(
    Array.from({ length: nodes }, () => redisServer("--cluster-enabled", "yes")),
  );
  const addresses = servers.map(({ url }) => new URL(url).host);
  if (nodes === 1) await servers[0]?.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  else {
    const made = spawnSync("redis-cli", ["--cluster", "create", ...addresses, "--cluster-yes"]);
    if (made.status !== 0) throw new Error(made.stdout.toString());
  }
  for (const { command } of servers)
    for (let state = ""; !state.includes("cluster_state:ok"); )
      state = String(await command("CLUSTER", "INFO"));
  return {
    servers,
    url: servers[0]?.url ?? "",
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

describe.skipIf(!hasRedis)("a Redis Cluster", () => {
  test.each([1, 3])("of %i nodes keeps everything a store keeps", async (nodes) => {
    await using redis = await cluster(nodes);
    const [a, b] = [await redisStore(redis.url), await redisStore(redis.servers.at(-1)?.url ?? "")];
    const keys = Array.from({ length: 60 }, (_, i) => `page ${i}`);
    await Promise.all(keys.map((key) => a.set(key, bytes(key), null)));
    expect((await Promise.all(keys.map((key) => b.get(key)))).map(text)).toEqual(keys);
    await b.delete("page 0");
    expect(await a.get("page 0")).toBeNull();

    const had = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? a : b).acquire("name", String(i), 10_000)),
    );
    expect(had.filter((has) => has)).toHaveLength(1);

    for (const bucket of ["one", "another", "https://api.test/ {lookups}"]) {
      const waits = await Promise.all(
        Array.from({ length: 90 }, (_, i) => (i % 2 === 0 ? a : b).take(bucket, 60, 60_000)),
      );
      expect(waits.filter((wait) => wait === 0)).toHaveLength(60);
      await a.block(bucket, 90_000);
      const { freeInMs, blockedMs } = await b.occupancy(bucket);
      expect([freeInMs.length, blockedMs > 60_000]).toEqual([60, true]);
      expect(await b.take(bucket, 1_000, 60_000)).toBeGreaterThan(60_000);
    }
    const sizes = await Promise.all(redis.servers.map(({ command }) => command("DBSIZE")));
    for (const size of sizes) expect(size).toBeGreaterThan(0);
    await Promise.all([a.dispose(), b.dispose()]);
  });

  test("lets replicas of a gateway send a question upstream once", async () => {
    await using redis = await cluster(1);
    let requests = 0;
    const route: Route = () => {
      requests++;
      return json(tokenPage([wireUser("user_a")]));
    };
    const open = async () =>
      gateway({ routes: { [PATHS.users]: route }, store: await redisStore(redis.url) });
    const [a, b] = [await open(), await open()];
    const question = `{ users(range: { between: { from: "2026-05-01", until: "2026-05-08" } }) { nodes { userId } } }`;
    const answers = await Promise.all([a, b].map(({ ask }) => ask(question)));
    for (const { data, errors } of answers)
      expect([errors, data.users.nodes]).toEqual([undefined, [{ userId: "user_a" }]]);
    expect(requests).toBe(1);
    expect([...a.faults, ...b.faults]).toEqual([]);
    await Promise.all([a.app.dispose(), b.app.dispose()]);
  });

  test("is followed to another node when its slots have moved there", async () => {
    await using redis = await cluster(3);
    const store = await redisStore(redis.url);
    await store.set("page", bytes("kept"), null);
    const [from] = redis.servers;
    const host = (url = "") => new URL(url).host;
    const ids = await Promise.all(redis.servers.map(({ command }) => command("CLUSTER", "MYID")));
    const moved = spawnSync("redis-cli", [
      ...["--cluster", "reshard", host(from?.url), "--cluster-from", "all", "--cluster-to", String(ids[2])],
      ...["--cluster-slots", "8000", "--cluster-yes"],
    ]);
    expect(moved.status).toBe(0);
    expect(text(await store.get("page"))).toBe("kept");
    await store.dispose();
  });

  test("with a database number in its URL says to leave it out", async () => {
    await using redis = await cluster(1);
    const store = await redisStore(`${redis.url}/2`);
    await expect(store.get("page")).rejects.toMatchObject({
      code: "DB_NUMBER",
      message: expect.stringContaining("omit the number"),
    });
    await store.dispose();
  });
});
