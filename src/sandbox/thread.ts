import { Worker } from "node:worker_threads";
import type { Instant } from "../domain/day.ts";
import type { OrganizationOptions } from "./organization.ts";
import type { Handle, Protocol, WireRequest, WireResponse } from "./protocol.ts";
import type { SandboxOptions } from "./sandbox.ts";

/** Options that can be sent to a thread. */
export type ThreadOptions = OrganizationOptions &
  Pick<SandboxOptions, "children"> &
  Omit<Protocol, "now" | "failed">;

/** Request to the thread. It states the time, since the clocks of two threads differ. */
export interface ThreadRequest {
  readonly id: number;
  readonly request: WireRequest;
  readonly now: Instant;
}

export interface ThreadResponse {
  readonly id: number;
  readonly response: WireResponse;
}

export interface SandboxThread {
  readonly handle: Handle;
  close(): Promise<void>;
}

/** The sandbox in a thread. Threads exchange messages, so that no port is open. */
export function sandboxThread({ now, ...options }: ThreadOptions & Pick<Protocol, "now">): SandboxThread {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: options });
  const underWay = new Map<number, PromiseWithResolvers<WireResponse>>();
  let requests = 0;
  let failure: Error | null = null;
  worker.unref(); // an idle thread does not keep a command from ending
  worker.on("message", ({ id, response }: ThreadResponse) => {
    underWay.get(id)?.resolve(response);
    underWay.delete(id);
    if (underWay.size === 0) worker.unref();
  });
  worker.on("error", (error: Error) => {
    failure = error;
  });
  worker.on("exit", () => {
    failure ??= new Error("The thread of the sandbox has ended");
    for (const { reject } of underWay.values()) reject(failure);
    underWay.clear();
  });
  return {
    handle(request) {
      if (failure !== null) return Promise.reject(failure);
      const id = ++requests;
      const answer = Promise.withResolvers<WireResponse>();
      underWay.set(id, answer);
      worker.ref();
      worker.postMessage({ id, request, now: now() } satisfies ThreadRequest);
      return answer.promise;
    },
    async close() {
      await worker.terminate();
    },
  };
}
