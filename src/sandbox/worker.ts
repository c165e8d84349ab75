import { parentPort, workerData } from "node:worker_threads";
import type { Instant } from "../domain/day.ts";
import { createSandbox } from "./sandbox.ts";
import type { ThreadOptions, ThreadRequest, ThreadResponse } from "./thread.ts";

/** The thread behind thread.ts. */
let clock: Instant = 0;
const { handle } = createSandbox({ ...(workerData as ThreadOptions), now: () => clock });

parentPort?.on("message", async ({ id, request, now }: ThreadRequest) => {
  clock = now;
  parentPort?.postMessage({ id, response: await handle(request) } satisfies ThreadResponse);
});
