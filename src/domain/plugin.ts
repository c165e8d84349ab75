import type { SessionUse } from "./engagement.ts";

/** A plugin over a day or a range. */
export interface PluginRow {
  readonly name: string;
  readonly pluginId: string | null;
  /** Different people who installed or invoked it. */
  readonly users: number;
  /** Different people who installed it. */
  readonly installs: number | null;
  readonly invocations: number;
  readonly claudeCode: SessionUse;
  readonly cowork: SessionUse;
  /** Null where the organization does not have the merged product. */
  readonly chatCowork: SessionUse | null;
}

/** Names are shared and ids can be missing; together they tell two plugins apart. */
export function pluginKey({ name, pluginId }: PluginRow): string {
  return JSON.stringify([name, pluginId]);
}
