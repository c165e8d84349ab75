/** A name of a field as an order or a comparison states it: `CHAT_MESSAGES` for `chatMessages`. */
export function enumName(name: string): string {
  return name.replaceAll(/([a-z])([A-Z0-9])/g, "$1_$2").toUpperCase();
}

/** The names of the fields that a figure is of, in the case of an enum: `ACTIVITY_CHAT_MESSAGES`. */
export function enumPath(fields: readonly { readonly name: string }[]): string {
  return fields
    .filter(({ name }) => name !== "usd")
    .map(({ name }) => enumName(name))
    .join("_");
}

/** True if a path of fields ends with a name: `ACTIVITY_CHAT_MESSAGES` with `CHAT_MESSAGES`. */
export function endsWithName(path: string, name: string): boolean {
  return `_${path}`.endsWith(`_${name}`);
}
