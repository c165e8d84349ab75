/** Adds a variable to the parameters of a URL as /q/ and /export/ read them: a dot for each level, a parameter for each entry of a list. */
function append(parameters: URLSearchParams, name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) for (const entry of value) append(parameters, name, entry);
  else if (typeof value === "object")
    for (const [key, inner] of Object.entries(value)) append(parameters, `${name}.${key}`, inner);
  else parameters.append(name, String(value));
}

/** Variables as parameters of a URL. Null and undefined are left out, so that defaults hold. */
export function parametersOf(variables: Readonly<Record<string, unknown>>): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(variables)) append(parameters, name, value);
  return parameters;
}
