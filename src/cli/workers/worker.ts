import cluster from "node:cluster";
import type { WorkerState } from "../../app.ts";
import type { Config } from "../../config.ts";
import type { Channel } from "./calls.ts";
import { workerState } from "./state.ts";

/** One of the workers, as the primary process describes it. */
export interface WorkerPlace {
  /** How many workers there are. */
  readonly of: number;
  /** It prints for all of them: hints about the settings, and where they listen. */
  readonly isFirst: boolean;
  /** When the primary started, by the machine's clock. */
  readonly startedAt: number;
}

/** The variable that holds it. */
export const PLACE = "GATEWAY_WORKER";

/** One of several processes that answer on a port. */
export interface Worker extends WorkerPlace {
  readonly state: WorkerState;
  /** Leads to the primary process. */
  readonly channel: Channel;
}

/** Returns what this process is among the workers; null where it answers alone. */
export function thisWorker(): Worker | null {
  const place = process.env[PLACE];
  if (!cluster.isWorker || place === undefined) return null;
  const channel: Channel = {
    send: (message) => void process.send?.(message, undefined, undefined, () => {}), // without the primary this process ends
    onMessage: (listener) => void process.on("message", listener),
  };
  const read = JSON.parse(place) as WorkerPlace;
  return { ...read, channel, state: workerState(channel, read.of) };
}

/** The settings of one process: its part of what they say for all of them. The primary has a part of the memory for pages in memory. */
export function partOf(config: Config, of: number): Config {
  const { cache, limits } = config;
  const memoryBytes = Math.ceil(cache.memoryBytes / (cache.store === null ? of + 1 : of));
  const answerBytes = cache.answerBytes && Math.ceil(cache.answerBytes / of);
  return {
    ...config,
    cache: { ...cache, memoryBytes, answerBytes },
    limits: { ...limits, maxConcurrent: Math.ceil(limits.maxConcurrent / of) },
  };
}
