import { INSPECTED, inspect } from "../test/load/inspector.ts";
import type { Process } from "../test/process.ts";

/** Node's flags for a process whose event loop is watched. */
export const WATCHED = INSPECTED;

/** Pauses in milliseconds. */
interface Delay {
  readonly p99: number;
  readonly max: number;
}

/**
 * Watches how long the event loop of a process is busy between two turns of its timers, through V8's inspector: the process needs no
 * code for it. Pauses are processor time of the thread, so other processes on the machine do not lengthen them.
 */
export async function watchEventLoop(watched: Process) {
  const inspector = await inspect(watched);
  await inspector.evaluate(`(() => {
    const { createHistogram } = process.getBuiltinModule("node:perf_hooks");
    const micros = () => { const { user, system } = process.threadCpuUsage(); return user + system; };
    globalThis.pauses = createHistogram();
    let before = micros();
    setInterval(() => {
      const now = micros();
      globalThis.pauses.record(Math.max(1, now - before));
      before = now;
    }, 1).unref();
  })()`);
  return {
    /** The pauses since the last call. */
    async delays(): Promise<Delay> {
      const text = await inspector.evaluate(`(() => {
        const { max } = globalThis.pauses;
        const p99 = globalThis.pauses.percentile(99);
        globalThis.pauses.reset();
        return JSON.stringify({ p99, max });
      })()`);
      const { p99, max } = JSON.parse(text) as Delay;
      return { p99: p99 / 1_000, max: max / 1_000 };
    },
    close: inspector.close,
  };
}
