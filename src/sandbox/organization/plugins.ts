export interface Plugin {
  readonly index: number;
  /** Not unique: marketplaces do not know each other. */
  readonly name: string;
  /** `name@marketplace`; null where the client sent no name, or a hash of it. */
  readonly id: string | null;
  readonly on: readonly ("claude_code" | "cowork")[];
  /** True if its installs are known; those of a hashed one are not. */
  readonly installsKnown: boolean;
}

const CODE = ["claude_code"] as const;
const COWORK = ["cowork"] as const;
const BOTH = ["claude_code", "cowork"] as const;

/** The bucket of all use that came without a name, also of plugins that have a row of their own. */
const THIRD_PARTY = "third-party";

/** The most used first. */
export const PLUGINS: readonly Plugin[] = (
  [
    ["code-review", "claude-plugins-official", CODE],
    ["productivity", "knowledge-work-plugins", COWORK],
    [THIRD_PARTY, null, BOTH],
    ["tern-tools", "ternplover", BOTH],
    ["commit-commands", "claude-plugins-official", CODE],
    ["data", "knowledge-work-plugins", COWORK],
    // The name of the first one, from another marketplace.
    ["code-review", "ternplover", CODE],
    ["standup", null, COWORK],
    ["feature-dev", "claude-plugins-official", CODE],
    ["finance", "knowledge-work-plugins", COWORK],
    ["security-guidance", "claude-plugins-official", CODE],
    ["sales", "knowledge-work-plugins", COWORK],
  ] as const
).map(([name, marketplace, on], index) => ({
  index,
  name,
  id: marketplace === null ? null : `${name}@${marketplace}`,
  on,
  installsKnown: marketplace !== null || name === THIRD_PARTY,
}));
