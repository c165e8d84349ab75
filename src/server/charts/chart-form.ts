import type { PictureInput, PictureTheme } from "../../domain/picture.ts";
import { badInput } from "../../errors.ts";
import type { AnswerForm } from "../graphql/answer-form.ts";
import { Reply } from "../http/exchange.ts";
import type { Pictures } from "./pictures.ts";

/** Choices of a picture that are not variables of its document. */
export type PictureChoices = Pick<PictureInput, "list" | "measure" | "theme">;

/** Names of the parameters of the choices. */
export const CHOICES: readonly string[] = ["list", "measure", "theme"] satisfies (keyof PictureChoices)[];

const THEMES: readonly string[] = ["light", "dark"] satisfies PictureTheme[];

/** The longest path of a list or measure. */
const MAX_PATH = 200;

/** Reads the choices of a picture from parameters. Throws BAD_USER_INPUT. */
export function choicesIn(parameters: URLSearchParams): PictureChoices {
  const given = (name: string) => {
    const [text, ...more] = parameters.getAll(name);
    if (more.length > 0) throw badInput(`\`${name}\` is given more than once.`);
    return text ?? null;
  };
  const theme = given("theme") ?? "light";
  if (!THEMES.includes(theme)) throw badInput(`\`theme\` is not one of ${THEMES.join(", ")}.`);
  return {
    list: pathIn("list", given("list")),
    measure: pathIn("measure", given("measure")),
    theme: theme as PictureTheme,
  };
}

/** Checks the path of a list or of a measure. */
export function pathIn(name: string, path: unknown): string | null {
  if (path === null || path === undefined) return null;
  if (typeof path === "string" && path.length <= MAX_PATH && /^\w+(\.\w+)*$/.test(path)) return path;
  throw badInput(`\`${name}\` is not a path such as \`cost\` or \`net.usd\`.`);
}

/** A picture is shown as such wherever it is opened: nothing in it runs, and it loads nothing. */
const FIELDS = [
  ...["content-type", "image/svg+xml; charset=utf-8"],
  ...["content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"],
];

/** Answers with the chart of a list of the answer, or with its numbers. */
export function chartForm(pictures: Pictures, choices: PictureChoices, isEmbeddable: boolean): AnswerForm {
  return {
    isEmbeddable,
    async write({ document, definition, text, variables, run }) {
      const question = { query: text, operationName: definition.name?.value ?? null, variables };
      await pictures.check({ ...question, ...choices });
      const { data, freshness } = await run(document, variables);
      const svg = await pictures.draw({ ...question, data, freshness, ...choices });
      return new Reply(200, FIELDS, Buffer.from(svg));
    },
  };
}
