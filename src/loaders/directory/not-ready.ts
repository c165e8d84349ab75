import { GatewayError } from "../../errors.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { type DirectoryPart, ENDPOINTS, type Progress } from "./part.ts";

/** Clients need not retry sooner, and upstream answers about so many requests a second. */
const LEAST_SECONDS = 5;
const PER_SECOND = 4;

/** Returns the error for a part that is being fetched, with how long the rest takes by the rate limiter of `upstream`. */
export async function notReady(
  part: DirectoryPart,
  { done, total }: Progress,
  upstream: Upstream,
): Promise<GatewayError> {
  const isOfGroups = part === "GROUP_MEMBERS";
  const rest = total === null ? done || 1 : Math.max(1, total - done);
  const requests = isOfGroups ? rest : Math.ceil(rest / 1_000);
  const { waitMs } = await upstream.availability(ENDPOINTS[part], requests);
  const retryAfter = Math.max(LEAST_SECONDS, Math.ceil(waitMs / 1_000), Math.ceil(requests / PER_SECOND));
  const there = total === null ? `${done} are there` : `${done} of ${total} are there`;
  return new GatewayError(
    "DIRECTORY_NOT_READY",
    isOfGroups
      ? `The members of the groups are being fetched: of the groups, ${there}, and the others take about ${retryAfter} seconds. Retry then. Teams do not need them if the operator lists teams in TEAMS_FILE.`
      : `The members of the organization are being fetched: ${there}, and the others take ${total === null ? "at least" : "about"} ${retryAfter} seconds. Retry then.`,
    { dataset: part, done, ...(total === null ? {} : { total }), retryAfter },
  );
}
