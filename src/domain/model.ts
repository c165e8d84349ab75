/**
 * The family in a model's name: `claude-opus-4-8` and `claude-3-opus-20240229` are `opus`. Whatever word stands there, so that
 * families to come are known too; null where there is none.
 */
export function modelFamily(model: string): string | null {
  const [maker, ...words] = model.toLowerCase().split(/[-_. ]/);
  return maker === "claude" ? (words.find((word) => /^[a-z]{2,}$/.test(word)) ?? null) : null;
}
