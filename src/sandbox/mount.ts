import type { Dispatcher } from "undici";
import { SandboxDispatcher } from "./dispatcher.ts";
import type { Protocol } from "./protocol.ts";
import { sandboxThread, type ThreadOptions } from "./thread.ts";

/**
 * Largest organization that is simulated in this thread. The longest answer takes 0.1 s at 250 members and 0.5 s at 1,000; a thread
 * takes 17 MiB.
 */
const MAX_IN_THIS_THREAD = 250;

/** Mounts a sandbox on a dispatcher: a large organization in a thread, since nothing else runs in this one while it computes. */
export async function mountSandbox(options: ThreadOptions & Pick<Protocol, "now">): Promise<Dispatcher> {
  if (options.users > MAX_IN_THIS_THREAD) return new SandboxDispatcher(sandboxThread(options));
  const { createSandbox } = await import("./sandbox.ts");
  return new SandboxDispatcher(createSandbox(options));
}
