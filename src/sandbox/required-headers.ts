import { type Endpoint, Refusal, type Request } from "./endpoint.ts";
import type { WireRequest } from "./protocol.ts";

/** Returns the version a request is answered by. Refuses one that is not live. */
export function versionOf({ version }: Endpoint, headers: WireRequest["headers"]): Request["version"] {
  const sent = headers["anthropic-version"];
  if (sent === "2023-06-01" || sent === "2026-10-21") return sent;
  if (sent === undefined && version === "optional") return "2023-06-01";
  throw new Refusal(
    400,
    `anthropic-version: ${sent ?? "required"}; live versions are 2023-06-01 and 2026-10-21`,
  );
}

/** Returns the betas a request names. Refuses it without the one that the endpoint is part of. */
export function betasOf({ beta }: Endpoint, headers: WireRequest["headers"]): ReadonlySet<string> {
  const betas = new Set((headers["anthropic-beta"] ?? "").split(",").map((value) => value.trim()));
  if (beta !== undefined && !betas.has(beta))
    throw new Refusal(400, `anthropic-beta: ${beta} is needed here`);
  return betas;
}
