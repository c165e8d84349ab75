import type { WorkerState } from "../../app.ts";
import { memorySharedStore } from "../../cache/memory-shared-store.ts";
import type { RateLimiter, SharedStore } from "../../cache/shared-store.ts";
import { MemoryAccounts } from "../../server/limits/accounts.ts";
import { LeasedAccounts, type RemoteAccounts } from "../../server/limits/leased-accounts.ts";
import { answerCalls, type Channel, callsOver } from "./calls.ts";

type StoreMethods = Pick<SharedStore, "get" | "set" | "delete" | "acquire" | "release"> & RateLimiter;

/** The state of all workers, in the memory of the process that starts them. */
export class PrimaryState {
  readonly #store: StoreMethods;
  readonly #accounts: MemoryAccounts;

  constructor(maxBytes: number) {
    this.#store = memorySharedStore(maxBytes, () => performance.now());
    this.#accounts = new MemoryAccounts(Date.now);
  }

  /** Answers a worker. The function that is returned ends what the worker holds, once it is gone. */
  serve(channel: Channel): () => void {
    const holds = new Set<number>();
    const accounts: RemoteAccounts = {
      grant: async (...args) => this.#accounts.grant(...args),
      giveBack: (...args) => this.#accounts.giveBack(...args),
      hold: async (...args) => {
        const held = this.#accounts.hold(...args);
        if ("id" in held) holds.add(held.id);
        return held;
      },
      settle: (id, requests) => {
        holds.delete(id);
        this.#accounts.settle(id, requests);
      },
    };
    answerCalls(channel, { ...this.#store, ...accounts });
    return () => {
      for (const id of holds) this.#accounts.settle(id, null);
    };
  }
}

/** That state as one of so many workers reaches it. */
export function workerState(channel: Channel, workers: number): WorkerState {
  const call = callsOver<StoreMethods & RemoteAccounts>(channel);
  return {
    store: {
      about: { store: "memory" },
      get: (...args) => call("get", ...args),
      set: (...args) => call("set", ...args),
      delete: (...args) => call("delete", ...args),
      acquire: (...args) => call("acquire", ...args),
      release: (...args) => call("release", ...args),
      take: (...args) => call("take", ...args),
      block: (...args) => call("block", ...args),
      occupancy: (...args) => call("occupancy", ...args),
      async dispose() {},
    },
    accounts: new LeasedAccounts(
      {
        grant: (...args) => call("grant", ...args),
        giveBack: (...args) => void call("giveBack", ...args),
        hold: (...args) => call("hold", ...args),
        settle: (...args) => void call("settle", ...args),
      },
      workers,
      () => performance.now(),
    ),
  };
}
