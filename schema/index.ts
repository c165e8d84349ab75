import "./activity-day.ts";
import "./api-key.ts";
import "./artifact.ts";
import "./claude-code.ts";
import "./connector.ts";
import "./cost.ts";
import "./group.ts";
import "./node.ts";
import "./organization.ts";
import "./plugin.ts";
import "./project.ts";
import "./skill.ts";
import "./usage.ts";
import "./user.ts";
import "./user-activity.ts";
import "./workspace.ts";
import { builder } from "./builder.ts";

export const schema = builder.toSchema();
