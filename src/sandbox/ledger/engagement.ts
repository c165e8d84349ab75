import { NO_ARTIFACTS } from "./artifacts.ts";
import type { Engagement } from "./fact.ts";
import { type PluginUse, WITHOUT_PLUGIN } from "./plugins.ts";
import { type ToolUse, WITHOUT_TOOLS } from "./tools.ts";

/** Returns the engagement of a piece of work. Facts come by the million: keys written out one by one, in one order, are several times cheaper than spreads. */
export function engagement(
  surface: Engagement["surface"],
  thread: number,
  more: Partial<Engagement>,
  tools: ToolUse = WITHOUT_TOOLS,
  { plugin, pluginCalls, pluginInstalled }: PluginUse = WITHOUT_PLUGIN,
): Engagement {
  return {
    surface,
    thread,
    app: more.app ?? null,
    messages: more.messages ?? 0,
    thinkingMessages: more.thinkingMessages ?? 0,
    actions: more.actions ?? 0,
    dispatchTurns: more.dispatchTurns ?? 0,
    delegations: more.delegations ?? 0,
    computeJobs: more.computeJobs ?? 0,
    project: more.project ?? null,
    projectsCreated: more.projectsCreated ?? 0,
    artifacts: more.artifacts ?? NO_ARTIFACTS,
    filesUploaded: more.filesUploaded ?? 0,
    sharedConversationsViewed: more.sharedConversationsViewed ?? 0,
    sharedArtifact: more.sharedArtifact ?? null,
    skill: tools.skill,
    skillCalls: more.skillCalls ?? tools.skillCalls,
    skillEnabled: tools.skillEnabled,
    plugin,
    pluginCalls,
    pluginInstalled,
    connector: tools.connector,
    reads: tools.reads,
    writes: tools.writes,
    unclassifiedCalls: tools.unclassifiedCalls,
    managedAuth: tools.managedAuth,
  };
}
