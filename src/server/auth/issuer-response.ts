import type { Response } from "undici";
import { causeCodeOf } from "../../errors.ts";

/** How long an issuer may take for an answer. */
export const ISSUER_TIMEOUT_MS = 5_000;

/** A set of keys, a discovery document or a pair of tokens is a few kilobytes. */
const MAX_BYTES = 2 ** 20;

/** An answer of an issuer that cannot be used. The message is for the operator. */
export class UnusableAnswer extends Error {}

/** Reads the body of an issuer's answer; throws UnusableAnswer beyond a bound. */
export async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new UnusableAnswer(`more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Says in a word or two why an issuer gave no answer. */
export function failureReason(fault: unknown): string {
  if (fault instanceof UnusableAnswer) return fault.message;
  if (!(fault instanceof Error)) return causeCodeOf(fault);
  if (fault.name === "TimeoutError") return "ETIMEDOUT";
  // The standard of fetch lists ports that it never connects to.
  if (fault.cause instanceof Error && fault.cause.message === "bad port")
    return "a port that is not for HTTP";
  const code = causeCodeOf(fault);
  return code === fault.name ? "no connection" : code;
}
