import type { ExecutionResult } from "graphql";
import type { Context } from "../../context.ts";
import type { RequestRecord } from "../http/request-record.ts";

/**
 * States in `extensions.freshness` how old the figures of an answer are, in `extensions.warnings` what a reader may not expect of it, and
 * in `extensions.upstream` how many rows it left out because upstream sent them twice. What it has cost differs from request to request;
 * that is in the body only of an answer that cannot be kept, since kept answers have equal bytes.
 */
export function withFreshness(
  result: ExecutionResult,
  { upstream, warnings }: Context,
  record: RequestRecord,
  keepsAnswers: boolean,
): ExecutionResult {
  record.validities = keepsAnswers && isWhole(result) && isDated(upstream) ? upstream.validities : null;
  const { duplicates } = upstream.usage;
  const usage = record.validities === null ? { ...upstream.usage } : { duplicates };
  const freshness = answerFreshness(upstream);
  const remarks = warnings.length === 0 ? {} : { warnings };
  return { ...result, extensions: { ...result.extensions, upstream: usage, freshness, ...remarks } };
}

/** The age of the figures of an operation, as its clients read it. */
export function answerFreshness({ age }: Context["upstream"]) {
  const { refreshedAt, ...others } = age;
  return { ...others, refreshedAt: refreshedAt === null ? null : new Date(refreshedAt).toISOString() };
}

function isWhole({ data, errors }: ExecutionResult): boolean {
  return data != null && (errors === undefined || errors.length === 0);
}

/** Returns false for an answer that was made from nothing of upstream. */
function isDated({ datasets, age }: Context["upstream"]): boolean {
  return datasets.size > 0 && !age.stale;
}
