import { byteSizeBetween, ON_OR_OFF } from "./formats.ts";
import { type SettingsReader, setting } from "./setting.ts";

export const AGENTS = {
  isOn: setting({
    name: "MCP",
    default: "on",
    format: ON_OR_OFF,
    meaning:
      "Serves trusted documents to agents on `/mcp`, as tools of the Model Context Protocol. Callers authenticate as on `/q/`, and have the same rights.",
  }),
  answerBytes: setting({
    name: "MCP_ANSWER_BYTES",
    default: "48KiB",
    format: byteSizeBetween(1_024, 16 * 1_024 * 1_024, "48KiB"),
    meaning:
      "Maximum size of the data that a tool returns. A longer list is returned in pages; any other longer answer is an error.",
  }),
};

export type AgentsConfig = ReturnType<typeof agentsConfig>;

/** Reads how agents are served. */
export function agentsConfig(reader: SettingsReader) {
  return Object.freeze(reader.readAll(AGENTS));
}
