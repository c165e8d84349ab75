import { setTimeout } from "node:timers/promises";
import type { WriteLine } from "./log.ts";

/** Limit of bytes that wait for the reader of a stream. Beyond it lines are lost: the gateway neither stops for them nor fills up. */
const MAX_UNREAD_BYTES = 16 * 2 ** 20;

/** Longest wait at the end for a reader that has stopped reading. */
const UNREAD_MS = 1_000;

/** Logged with the number of the lines. */
export const LINES_UNREAD = "a standard stream is read again; so many lines were lost";

/** Returns a function that writes whole lines to a stream. `onRecovery` receives the number of lines that were lost, once it is read again. */
export function lineWriter(
  stream: Pick<NodeJS.WriteStream, "write" | "writableLength">,
  onRecovery: (lines: number) => void,
): WriteLine {
  let lost = 0;
  return (lines) => {
    if (stream.writableLength > MAX_UNREAD_BYTES) {
      lost += lines.split("\n").length - 1;
      return;
    }
    const before = lost;
    lost = 0;
    if (before > 0) onRecovery(before);
    stream.write(lines);
  };
}

/** Ends the process once its lines are read: a pipe holds 64 kB, and the process takes with it what has been written beyond that. */
export async function exitOnceRead(code: number): Promise<void> {
  const read = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.write("", () => resolve())),
  );
  await Promise.race([Promise.all(read), setTimeout(UNREAD_MS)]);
  process.exit(code);
}
