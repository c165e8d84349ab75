import type { ErrorCode } from "../../errors.ts";
import type { Completion } from "../http/request-record.ts";

/** OK, LEFT where the client went away before the end, or the first of the error codes. */
export function outcomeOf(codes: ReadonlySet<ErrorCode>, { isAborted, status }: Completion): string {
  const [code] = codes;
  if (code !== undefined) return code;
  if (isAborted) return "LEFT";
  return status < 400 ? "OK" : `STATUS_${status}`;
}
