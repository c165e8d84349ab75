import type { ApiKeyRow, WorkspaceRow } from "../domain/organization.ts";
import { apiKeys } from "../upstream/endpoints/api-keys.ts";
import { DEFAULT_WORKSPACE } from "../upstream/endpoints/console-usage.ts";
import { workspaces } from "../upstream/endpoints/workspaces.ts";
import { collect, pagesOf } from "../upstream/pages/iterate.ts";
import { loader } from "./loader.ts";

/**
 * Workspaces by id, archived ones included. The default one answers to its id and to DEFAULT_WORKSPACE; upstream does not mark
 * it, so it is the one that is listed only when the default is requested.
 */
export const workspaceById = loader(async ({ upstream }, _params: Record<never, never>) => {
  const [all, named] = await Promise.all(
    [true, false].map(
      async (includeDefault) => (await collect(pagesOf(upstream, workspaces, [{ includeDefault }]))).rows,
    ),
  );
  const known = new Set(named?.map((workspace) => workspace.workspaceId));
  const byId = new Map<string, WorkspaceRow>();
  for (const workspace of all ?? []) {
    const isDefault = !known.has(workspace.workspaceId);
    byId.set(workspace.workspaceId, { ...workspace, isDefault });
    if (isDefault) byId.set(DEFAULT_WORKSPACE, { ...workspace, isDefault });
  }
  return byId;
});

/** API keys by id, whatever their state. */
export const apiKeyById = loader(async ({ upstream }, _params: Record<never, never>) => {
  const { rows } = await collect(pagesOf(upstream, apiKeys, [{}]));
  return new Map(rows.map((key): [string, ApiKeyRow] => [key.apiKeyId, key]));
});
