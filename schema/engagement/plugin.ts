import type { SessionUse } from "../../src/domain/engagement.ts";
import { type PluginRow, pluginKey } from "../../src/domain/plugin.ts";
import { pluginByKey, pluginParts } from "../../src/loaders/engagement-parts.ts";
import { pluginActivity } from "../../src/upstream/endpoints/plugins.ts";
import { builder } from "../framework/builder.ts";
import { sumField } from "./activity.ts";
import { count, different } from "./comparison.ts";
import { measuredNoun } from "./measured-noun.ts";

const PluginUse = builder.objectRef<SessionUse>("PluginUse").implement({
  description: "Use of a plugin in one product.",
  fields: (t) => ({
    sessions: t.expose("sessions", {
      type: "Count",
      nullable: true,
      description:
        "Distinct sessions that invoked it. Null over more than one day: upstream does not count them across days.",
      ofOneDay: true,
    }),
  }),
});

export const Plugin = measuredNoun<PluginRow>({
  noun: "Plugin",
  called: "plugin",
  verb: "installed or invoked",
  field: "plugins",
  endpoint: pluginActivity,
  choosing: ["names"],
  ownOf: pluginKey,
  // By the whole list: upstream filters on names only, and the list is mostly one page, which others have requested too.
  rows: pluginByKey,
  description:
    "A plugin with its use over the range and filter of the list. The `id` identifies all three; `pluginId` identifies the plugin.",
  listed: {
    query: "Plugins of Claude Code and Cowork that were installed or used in the range",
    connection: "Plugins installed or used in the range.",
  },
  column: { field: "NAME", called: "name" },
  figures: {
    description: "The use of a plugin: by all people, in one product or by the members of one group.",
    fields: (t) => ({
      installs: t.expose("installs", {
        type: "Count",
        nullable: true,
        description:
          "Different people who installed it. Recounted exactly over the range; not additive. Null: not measured.",
      }),
      invocations: t.expose("invocations", sumField("Invocations.")),
      claudeCode: t.expose("claudeCode", { type: PluginUse, nullable: true, description: "In Claude Code." }),
      cowork: t.expose("cowork", { type: PluginUse, nullable: true, description: "In Cowork." }),
      chatCowork: t.expose("chatCowork", {
        type: PluginUse,
        nullable: true,
        description: "In the merged Chat and Cowork product; null where the organization does not have it.",
      }),
    }),
  },
  fields: (t) => ({
    name: t.exposeString("name", {
      description:
        "Name. Plugins of several marketplaces can share one. `third-party` is not a plugin: it stands for all plugins without a name.",
    }),
    pluginId: t.exposeString("pluginId", {
      nullable: true,
      description:
        "Its upstream id, such as `name@marketplace`; null for `third-party` and where only a hash is known.",
    }),
  }),
  measures: {
    INSTALLS: { description: "Different people who installed it.", of: ({ installs }) => installs },
    INVOCATIONS: { description: "Invocations.", of: ({ invocations }) => invocations },
  },
  parts: pluginParts,
  comparison: {
    description: "The use of a plugin compared with another period.",
    fields: {
      installs: different("Different people who installed it.", ({ installs }) => installs),
      invocations: count("Invocations. Additive.", ({ invocations }) => invocations),
    },
  },
});
