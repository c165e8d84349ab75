import { INSPECTED, inspect } from "../test/load/inspector.ts";
import type { Process } from "../test/process.ts";

/** Node's flags for a process whose event loop is watched. */
export const WATCHED = INSPECTED;

export interface Delay {
  readonly p99: number;
  readonly max: number;
}

/** Watches the event loop of a process, in milliseconds, through V8's inspector: the process needs no code for it. */
export async function watchEventLoop(watched: Process) {
  const inspector = await inspect(watched);
  await inspector.evaluate(`
    globalThis.eventLoop = process.getBuiltinModule("node:perf_hooks").monitorEventLoopDelay({ resolution: ${RESOLUTION_MS} });
    globalThis.eventLoop.enable();
  `);
  return {
    /** The delays since the last call, less the resolution, which each interval contains. */
    async delays(): Promise<Delay> {
      const text = await inspector.evaluate(`(() => {
        const { max } = globalThis.eventLoop;
        const p99 = globalThis.eventLoop.percentile(99);
        globalThis.eventLoop.reset();
        return JSON.stringify({ p99, max });
      })()`);
      const { p99, max } = JSON.parse(text) as Delay;
      const ms = (nanos: number) => Math.max(0, nanos / 1e6 - RESOLUTION_MS);
      return { p99: ms(p99), max: ms(max) };
    },
    close: inspector.close,
  };
}

const RESOLUTION_MS = 1;
