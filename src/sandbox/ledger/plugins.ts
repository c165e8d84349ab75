import { PLUGINS, type Plugin } from "../organization/plugins.ts";
import { Dice, hash } from "../random.ts";
import type { Desk } from "./desk.ts";
import type { Engagement } from "./fact.ts";

export type PluginUse = Pick<Engagement, "plugin" | "pluginCalls" | "pluginInstalled">;

export const WITHOUT_PLUGIN: PluginUse = { plugin: null, pluginCalls: 0, pluginInstalled: false };

const STREAM = { claude_code: 95, cowork: 96 } as const;

const USABLE = {
  claude_code: PLUGINS.filter(({ on }) => on.includes("claude_code")),
  cowork: PLUGINS.filter(({ on }) => on.includes("cowork")),
} as const;

/**
 * The plugin of the `piece`-th piece of work of a day, if any: invoked, installed, or both. Its luck is its own, so that
 * nothing else of the day hangs on it.
 */
export function pluginUse(
  { organization, person, day }: Desk,
  surface: keyof typeof STREAM,
  piece: number,
): PluginUse {
  if (person === null) return WITHOUT_PLUGIN;
  const dice = new Dice(hash(organization.seed, STREAM[surface], person.index, day * 16 + piece));
  if (!dice.chance(0.24)) return WITHOUT_PLUGIN;
  const usable = USABLE[surface];
  const plugin = usable[Math.floor(dice.next() * dice.next() * usable.length)] as Plugin;
  const pluginInstalled = plugin.installsKnown && dice.chance(0.15);
  const isOnlyInstalled = pluginInstalled && dice.chance(0.4);
  return { plugin: plugin.index, pluginCalls: isOnlyInstalled ? 0 : dice.around(2.4), pluginInstalled };
}
