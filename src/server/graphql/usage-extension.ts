import type { Plugin } from "graphql-yoga";
import type { Context } from "../../context.ts";

/**
 * Says in `extensions.upstream` what an answer has cost (requests sent, pages taken from the cache, milliseconds waited) and how
 * many rows it left out because upstream sent them twice, in `extensions.freshness` how old the figures in it are, and in
 * `extensions.warnings` what a reader may not expect of it.
 */
export function usageExtension(): Plugin<Context> {
  return {
    onExecute: ({ args }) => ({
      onExecuteDone({ result, setResult }) {
        if (Symbol.asyncIterator in result) return;
        const { upstream, warnings } = args.contextValue as Context;
        const { refreshedAt, ...age } = upstream.age;
        const freshness = { ...age, refreshedAt: refreshedAt && new Date(refreshedAt).toISOString() };
        const remarks = warnings.length === 0 ? {} : { warnings };
        const extensions = { ...result.extensions, upstream: { ...upstream.usage }, freshness, ...remarks };
        setResult({ ...result, extensions });
      },
    }),
  };
}
