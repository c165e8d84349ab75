import type { Process } from "../process.ts";

/** Lets a process be looked into, on a port of its own. */
export const INSPECTED = ["--inspect=127.0.0.1:0"];

interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly unknown[] };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** The heap of a process, through V8's own inspector: the process needs no code for it, and what is measured is what is shipped. */
export async function inspect(inspected: Process) {
  const address = /ws:\S+/.exec(await inspected.printed("Debugger listening on"))?.[0] ?? "";
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  let calls = 0;
  const waiting = new Map<number, (result: unknown) => void>();
  let chunks: string[] = [];
  socket.onmessage = ({ data }) => {
    const { id, result, method, params } = JSON.parse(String(data));
    if (method === "HeapProfiler.addHeapSnapshotChunk") chunks.push(params.chunk);
    else waiting.get(id)?.(result);
  };
  const post = (method: string, params = {}) =>
    new Promise<unknown>((resolve) => {
      waiting.set(++calls, resolve);
      socket.send(JSON.stringify({ id: calls, method, params }));
    });
  return {
    /** Evaluates a script in the process and answers with the text it gives. */
    async evaluate(expression: string): Promise<string> {
      const evaluated = await post("Runtime.evaluate", { expression, returnByValue: true });
      return String((evaluated as { readonly result?: { readonly value?: unknown } }).result?.value);
    },
    /** Frees what can be freed. */
    collect: () => post("HeapProfiler.collectGarbage"),
    /** How many instances of each class there are after a collection. */
    async classes(): Promise<Map<string, number>> {
      chunks = [];
      await post("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
      return countOf(JSON.parse(chunks.join("")) as Snapshot);
    },
    close: () => socket.close(),
  };
}

/** Objects and closures by the name of what made them; text and the engine's own things by their kind. */
function countOf({ snapshot, nodes, strings }: Snapshot): Map<string, number> {
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, name] = [fields.indexOf("type"), fields.indexOf("name")];
  const kinds = types[type] as readonly string[];
  const counts = new Map<string, number>();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = kinds[nodes[at + type] ?? 0] ?? "";
    const named = kind === "object" || kind === "closure" || kind === "native";
    const key = named ? `${kind} ${strings[nodes[at + name] ?? 0]}` : kind;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
