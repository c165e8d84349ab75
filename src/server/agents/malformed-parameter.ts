interface Parameter {
  readonly name: string;
  readonly isRequired: boolean;
  readonly isValid: (value: unknown) => boolean;
  /** Completes "`name` is a number; send …". */
  readonly accepted: string;
}

const isText = (value: unknown) => typeof value === "string";

const CURSOR: Parameter = {
  name: "cursor",
  isRequired: false,
  isValid: isText,
  accepted: "`nextCursor` of the page before, as text, or leave it out",
};

const PARAMETERS: ReadonlyMap<string, readonly Parameter[]> = new Map([
  ["tools/list", [CURSOR]],
  ["resources/list", [CURSOR]],
  ["resources/templates/list", [CURSOR]],
  [
    "tools/call",
    [
      {
        name: "name",
        isRequired: true,
        isValid: isText,
        accepted: "the name of a tool of `tools/list`, as text",
      },
      {
        name: "arguments",
        isRequired: false,
        isValid: (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value),
        accepted: 'an object of arguments by name, such as {"first": 10}, or leave it out',
      },
    ],
  ],
  [
    "resources/read",
    [{ name: "uri", isRequired: true, isValid: isText, accepted: "a URI of `resources/list`, as text" }],
  ],
]);

/** Says which parameter of a method is malformed, what it is, and what is accepted; null: none is. */
export function malformedParameter(method: string, given: Readonly<Record<string, unknown>>): string | null {
  for (const { name, isRequired, isValid, accepted } of PARAMETERS.get(method) ?? []) {
    const value = given[name];
    if (value === undefined ? isRequired : !isValid(value))
      return `\`${name}\` of ${method} is ${kindOf(value)}; send ${accepted}.`;
  }
  return null;
}

function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : typeof value === "string" ? "a text" : `a ${typeof value}`;
}
