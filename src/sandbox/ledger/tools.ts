import type { Desk } from "./desk.ts";
import type { Engagement } from "./fact.ts";

/** Use of a skill and of a connector in a piece of work. */
export type ToolUse = Pick<
  Engagement,
  | "skill"
  | "skillCalls"
  | "skillEnabled"
  | "connector"
  | "reads"
  | "writes"
  | "unclassifiedCalls"
  | "managedAuth"
>;

export const WITHOUT_TOOLS: ToolUse = {
  skill: null,
  skillCalls: 0,
  skillEnabled: false,
  connector: null,
  reads: 0,
  writes: 0,
  unclassifiedCalls: 0,
  managedAuth: false,
};

/** Draws the skill and the connector used in a piece of work, if any. */
export function toolUse(desk: Desk, chat: boolean, skillShare: number, connectorShare: number): ToolUse {
  const { dice, organization } = desk;
  const hasSkill = dice.chance(skillShare);
  const hasConnector = dice.chance(connectorShare);
  if (!hasSkill && !hasConnector) return WITHOUT_TOOLS;
  const { skills, connectors } = organization.catalog;
  // Low places are used most.
  const skill = hasSkill ? skills[Math.floor(dice.next() * dice.next() * skills.length)] : undefined;
  const usable = skill === undefined || (chat && !skill.chat) ? undefined : skill;
  const connector = hasConnector
    ? connectors[Math.floor(dice.next() * dice.next() * connectors.length)]
    : undefined;
  const calls = connector === undefined ? 0 : dice.around(4);
  const reads = connector?.annotated ? Math.ceil(calls * 0.6) : 0;
  const writes = connector?.annotated ? Math.floor((calls - reads) * dice.next()) : 0;
  return {
    skill: usable?.index ?? null,
    skillCalls: usable === undefined ? 0 : dice.around(1.6),
    skillEnabled: usable !== undefined && chat && dice.chance(0.08),
    connector: connector?.index ?? null,
    reads,
    writes,
    unclassifiedCalls: calls - reads - writes,
    managedAuth: connector?.managed === true && dice.chance(0.75),
  };
}
