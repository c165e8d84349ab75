import type { ConnectorRow, ProjectRow, SkillRow } from "../domain/engagement.ts";
import { type PluginRow, pluginKey } from "../domain/plugin.ts";
import { connectorByGroup, connectorByProduct } from "../upstream/endpoints/connectors.ts";
import { pluginActivity, pluginByGroup, pluginByProduct } from "../upstream/endpoints/plugins.ts";
import { projectByGroup } from "../upstream/endpoints/projects.ts";
import { skillByGroup, skillByProduct } from "../upstream/endpoints/skills.ts";
import { activityByGroup } from "../upstream/endpoints/users.ts";
import { rowsBy } from "./engagement-rows.ts";

const nameOf = ({ name }: SkillRow | ConnectorRow) => name;

/** The parts of each thing's use: a row per group or per product, by thing. */
export const skillParts = {
  byGroup: rowsBy(skillByGroup, "names", nameOf),
  byProduct: rowsBy(skillByProduct, "names", nameOf),
};
export const connectorParts = {
  byGroup: rowsBy(connectorByGroup, "names", nameOf),
  byProduct: rowsBy(connectorByProduct, "names", nameOf),
};
export const projectParts = {
  byGroup: rowsBy(projectByGroup, "projects", ({ projectId }: ProjectRow) => projectId),
};
/** Upstream finds plugins by name only, which several can share. */
export const pluginParts = {
  byGroup: rowsBy(pluginByGroup, null, (plugin: PluginRow) => pluginKey(plugin)),
  byProduct: rowsBy(pluginByProduct, null, (plugin: PluginRow) => pluginKey(plugin)),
};

/** Plugins themselves, by key. */
export const pluginByKey = rowsBy(pluginActivity, null, (plugin: PluginRow) => pluginKey(plugin));

/** Activity of the members of each group. */
export const activityOfGroup = rowsBy(activityByGroup, "groups", ({ groupId }) => groupId);
