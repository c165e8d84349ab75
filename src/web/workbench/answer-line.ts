import { formatCount, formatInstant } from "../charts/format.ts";
import type { GatewayAnswer } from "./answer.ts";

const STATES = {
  OPEN: "Open: the newest days are not complete",
  SETTLING: "Settling: recent figures can still change",
  FINAL: "Final: these figures do not change",
} as const;

/** Parts of the line about an answer: how settled and how old its figures are, and what it cost. */
export function answerLine({ body, requests, isKept }: GatewayAnswer): readonly string[] {
  const freshness = body.extensions?.freshness;
  const state = freshness?.state ?? null;
  const refreshedAt = freshness?.refreshedAt ?? null;
  const stated = body.extensions?.upstream?.requests ?? requests;
  return [
    ...(state === null ? [] : [STATES[state]]),
    ...(refreshedAt === null ? [] : [`as of ${formatInstant(refreshedAt)}`]),
    ...(freshness?.stale === true ? ["older than usual"] : []),
    ...(isKept
      ? ["from the stored answer, no upstream requests"]
      : stated === null
        ? []
        : [stated === 1 ? "1 upstream request" : `${formatCount(stated)} upstream requests`]),
  ];
}

/** Path of an error as readers write it: `cost.nodes[3].net`. */
export function formatPath(path: readonly (string | number)[]): string {
  return path
    .map((step, i) => (typeof step === "number" ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join("");
}
