import { expect, test } from "vitest";
import type { Kept } from "../../src/cache/entry.ts";
import { memorySharedStore } from "../../src/cache/memory-shared-store.ts";
import { BackgroundWrites } from "../../src/upstream/pages/background-writes.ts";
import { shared } from "../../src/upstream/pages/replicas.ts";

const turn = () => new Promise(setImmediate);

/** A store whose writes wait until they are let through, and replicas that read one page of it. */
function slowStore() {
  const memory = memorySharedStore(2 ** 20, () => performance.now());
  const opened = Promise.withResolvers<void>();
  const store = {
    ...memory,
    set: async (...args: Parameters<typeof memory.set>) => {
      await opened.promise;
      await memory.set(...args);
    },
  };
  const faults: unknown[] = [];
  const writes = new BackgroundWrites((fault) => faults.push(fault));
  let requests = 0;
  const read = (ask = async () => "body") =>
    shared(
      {
        store,
        key: "page",
        read: ({ body }: Kept) => body,
        isUsable: () => true,
        stored: (body) => body,
        lifetimeMs: () => null,
        maxWaitMs: 60_000,
        writes,
      },
      async () => {
        requests++;
        const body = await ask();
        return { page: body, kept: { key: "page", body, fetchedAt: 0 } };
      },
    );
  return { read, writes, faults, memory, open: () => opened.resolve(), requests: () => requests };
}

test("a reader does not wait until its page is stored, and other replicas do not request it again", async () => {
  const { read, writes, open, requests } = slowStore();
  expect(await read()).toMatchObject({ page: "body", isKept: false });
  const other = read();
  open();
  expect(await other).toMatchObject({ page: "body", isKept: true });
  await writes.finished();
  expect(requests()).toBe(1);
});

test("a stop waits until pages are stored", async () => {
  const { read, writes, memory, open } = slowStore();
  await read();
  const finished = writes.finished().then(() => memory.get("page"));
  open();
  expect(await finished).not.toBeNull();
});

test("a request that fails leaves its lease to others at once", async () => {
  const { read, open, requests } = slowStore();
  open();
  await expect(read(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await read()).toMatchObject({ page: "body", isKept: false });
  expect(requests()).toBe(2);
});

test("readers wait where too much is to be stored", async () => {
  const writes = new BackgroundWrites(() => {});
  const stored = Promise.withResolvers<void>();
  await writes.add(30 * 2 ** 20, () => stored.promise);
  let waits = true;
  const added = writes
    .add(4 * 2 ** 20, () => stored.promise)
    .then(() => {
      waits = false;
    });
  for (let i = 0; i < 10; i++) await turn();
  expect(waits).toBe(true);
  stored.resolve();
  await added;
  await writes.finished();
  await writes.add(30 * 2 ** 20, turn);
});

test("a write that fails is reported once and holds nothing up", async () => {
  const faults: unknown[] = [];
  const writes = new BackgroundWrites((fault) => faults.push(fault));
  await writes.add(1, () => Promise.reject(new Error("full")));
  await writes.finished();
  expect(faults).toEqual([new Error("full")]);
});
