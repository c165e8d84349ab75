import type { Plugin } from "graphql-yoga";
import type { Context } from "../../context.ts";

/**
 * Says in `extensions.upstream` what an answer has cost (requests sent, pages taken from the cache, milliseconds waited) and how
 * many rows it left out because upstream sent them twice, and in `extensions.freshness` how old the figures in it are.
 */
export function usageExtension(): Plugin<Context> {
  return {
    onExecute: ({ args }) => ({
      onExecuteDone({ result, setResult }) {
        if (Symbol.asyncIterator in result) return;
        const { upstream } = args.contextValue as Context;
        const { refreshedAt, ...age } = upstream.age;
        const freshness = { ...age, refreshedAt: refreshedAt && new Date(refreshedAt).toISOString() };
        const extensions = { ...result.extensions, upstream: { ...upstream.usage }, freshness };
        setResult({ ...result, extensions });
      },
    }),
  };
}
