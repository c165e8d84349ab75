import cluster, { type Worker } from "node:cluster";
import type { Readable } from "node:stream";
import { clockFrom } from "../../clock.ts";
import type { Config } from "../../config.ts";
import { createLog, type WriteLine } from "../log.ts";
import type { ReadMetrics, WorkerMetrics } from "../metrics/worker-metrics.ts";
import { exitOnceRead, LINES_UNREAD, lineWriter } from "../standard-streams.ts";
import { SLACK_MS, STOPPING } from "../stop.ts";
import { type Channel, callsOver } from "./calls.ts";
import { PrimaryState } from "./state.ts";
import { PLACE, partOf, type WorkerPlace } from "./worker.ts";

/** Pauses before a worker that ended is replaced: they double while workers end soon after their start. */
const PAUSE_MS = { first: 200, longest: 30_000 } as const;

/** A worker that has lived so long ends the doubling. */
const SETTLED_MS = 60_000;

/**
 * Runs the workers of a gateway, each of which is a gateway that shares its port. The first one starts alone, so that what keeps it
 * from starting is said once and ends the process as it ends a gateway without workers.
 */
export async function runWorkers(config: Config): Promise<void> {
  const startedAt = Date.now();
  const { workers: of, drainDelayMs } = config.server;
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const onRecovery = (lines: number) => log.warn({ lines }, LINES_UNREAD);
  const stdout = lineWriter(process.stdout, onRecovery);
  const stderr = lineWriter(process.stderr, onRecovery);
  const log = createLog({ level: config.logs.level, now: clockFrom(config.clock, startedAt), write: stderr });
  const metrics = await metricsOf(config);
  const state = new PrimaryState(partOf(config, of).cache.memoryBytes);
  const listening = new Set<Worker>();
  const alive = new Set<Worker>();
  let hasStarted = false;
  let stopping = false;
  let failed = false;
  let failures = 0;

  function start(isFirst: boolean): void {
    const bornAt = performance.now();
    const worker = cluster.fork({
      [PLACE]: JSON.stringify({ of, isFirst, startedAt } satisfies WorkerPlace),
    });
    alive.add(worker);
    forward(worker.process.stdout, stdout);
    forward(worker.process.stderr, stderr);
    const channel: Channel = {
      send: (message) => void worker.process.send?.(message as object, undefined, undefined, () => {}), // it may have ended
      onMessage: (listener) => void worker.on("message", listener),
    };
    const leave = state.serve(channel);
    const call = callsOver<WorkerMethods>(channel);
    const read = () => call("metrics");
    worker.once("listening", () => {
      listening.add(worker);
      metrics?.add(read);
      if (!hasStarted) for (let i = 1; i < of; i++) start(false);
      hasStarted = true;
    });
    // After its last line.
    worker.process.once("close", (code: number | null, signal: NodeJS.Signals | null) => {
      leave();
      void metrics?.ended(read);
      alive.delete(worker);
      const wasListening = listening.delete(worker);
      if (stopping) {
        if (code !== 0 && (wasListening || signal === "SIGKILL")) failed = true;
        if (alive.size === 0) void exitOnceRead(failed ? 1 : 0);
        return;
      }
      if (!wasListening && listening.size === 0 && alive.size === 0) return void exitOnceRead(code ?? 1);
      failures = performance.now() - bornAt < SETTLED_MS ? failures + 1 : 1;
      const pauseMs = Math.min(PAUSE_MS.longest, PAUSE_MS.first * 2 ** (failures - 1));
      log.error({ code, signal, pauseMs }, "a worker has ended; another one is started");
      setTimeout(() => stopping || start(false), pauseMs);
    });
  }

  function stop(): void {
    if (stopping) return;
    stopping = true;
    if (hasStarted) log.info(STOPPING);
    for (const worker of alive) worker.process.kill("SIGTERM");
    const graceMs = drainDelayMs + config.limits.operationTimeoutMs + 2 * SLACK_MS;
    setTimeout(() => {
      for (const worker of alive) worker.process.kill("SIGKILL");
    }, graceMs).unref();
    if (alive.size === 0) void exitOnceRead(0);
  }

  cluster.setupPrimary({ serialization: "advanced", silent: true });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
  process.on("SIGUSR2", () => {
    for (const worker of listening) worker.process.kill("SIGUSR2");
  });
  start(true);
}

/** Calls that a worker answers. */
interface WorkerMethods extends Record<string, (...args: never[]) => unknown> {
  readonly metrics: ReadMetrics;
}

/** Serves the metrics of all workers together, where that is configured. */
async function metricsOf({ metrics, server: { allowedHosts } }: Config): Promise<WorkerMetrics | null> {
  if (metrics === null) return null;
  const [{ WorkerMetrics: Sum }, { listenForScrapes }] = await Promise.all([
    import("../metrics/worker-metrics.ts"),
    import("../metrics/listener.ts"),
  ]);
  const sum = new Sum();
  process.stdout.write(await listenForScrapes({ ...metrics, allowedHosts, scrape: () => sum.text() }));
  return sum;
}

/** Passes whole lines on: writes of several processes to one pipe can come between the parts of a long line. */
function forward(from: Readable | null, write: WriteLine): void {
  let rest = "";
  from?.setEncoding("utf8");
  from?.on("data", (text: string) => {
    const end = text.lastIndexOf("\n") + 1;
    if (end > 0) write(rest + text.slice(0, end));
    rest = end > 0 ? text.slice(end) : rest + text;
  });
  from?.on("end", () => {
    if (rest !== "") write(`${rest}\n`);
  });
}
