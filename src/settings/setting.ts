import { inFile, keyInFile } from "./key-file.ts";

/** How the text of a setting is read, and how that is written down for operators. */
export interface SettingFormat<T> {
  /** Returns null if the text is not of this format; throws `InvalidText` to say more. */
  readonly parse: (text: string) => T | null;
  /** Completes "NAME is not …". */
  readonly expected: string;
  /** The values it takes, with unit and range, for the documentation. */
  readonly values: string;
}

interface Declaration<Name extends string, T> {
  /** The environment variable; the flag is the same name in kebab-case. */
  readonly name: Name;
  readonly format: SettingFormat<T>;
  /** Whole sentences; code is in backticks. */
  readonly meaning: string;
  readonly example?: string;
  /** The value is a secret, or holds one: it has no flag, which would show it in the process list. */
  readonly secret?: boolean;
  /** The setting that names a file with the value, which is read at start. */
  readonly file?: Setting<string | null>;
  /** The name may be written in lower case too, as other programs read it. */
  readonly lowerCase?: boolean;
}

/** A setting declared once: its value, help text, documentation and faults all come from here. */
export interface Setting<T, Name extends string = string> extends Declaration<Name, unknown> {
  /** Empty: unset, and `whenUnset` says what holds then. */
  readonly default: string;
  readonly whenUnset: string;
  /** Reads the text of the setting, empty where it is not stated. Throws `InvalidText`. */
  readonly read: (text: string) => T;
}

/** Declares a setting with a default. */
export function setting<const Name extends string, T>(
  declaration: Declaration<Name, T> & { readonly default: string },
): Setting<T, Name> {
  const { format } = declaration;
  return { whenUnset: "", ...declaration, read: (text) => parsed(format, text || declaration.default) };
}

/** Declares a setting without a default: it is null unless it is stated. */
export function optional<const Name extends string, T>(
  declaration: Declaration<Name, T> & { readonly whenUnset?: string },
): Setting<T | null, Name> {
  const { format } = declaration;
  return {
    whenUnset: "",
    ...declaration,
    default: "",
    read: (text) => (text === "" ? null : parsed(format, text)),
  };
}

/** Declares the setting that names the file with a secret. */
export function fileOf<const Name extends string>(name: Name): Setting<string | null, `${Name}_FILE`> {
  return optional({
    name: `${name}_FILE`,
    format: { parse: (value: string) => value, expected: "path", values: "path" },
    meaning: `File with the value of ${name}, instead of that variable: one line, without the blanks around it. It is read at start.`,
    example: `/run/secrets/${name.toLowerCase().replaceAll("_", "-")}`,
  });
}

function parsed<T>({ parse, expected }: SettingFormat<T>, text: string): T {
  const value = parse(text);
  if (value === null) throw new InvalidText(` is not ${expected}`);
  return value;
}

/** Returns settings as the subject of a fault: "A is", "A and B are". */
export function subjectOf(names: readonly string[]): string {
  const list = new Intl.ListFormat("en-GB"); // five megabytes, which a gateway without a fault need not keep
  return `${list.format(names)} ${names.length === 1 ? "is" : "are"}`;
}

/** Why a text cannot be used: what follows the name of the setting, without a word of the text itself. */
export class InvalidText extends Error {
  readonly completions: readonly string[];

  constructor(...completions: readonly string[]) {
    super(completions.join("; "));
    this.name = "InvalidText";
    this.completions = completions;
  }
}

export type SettingGroup = Readonly<Record<string, Setting<unknown>>>;

/** The values of a group of settings. */
export type ValuesOf<G extends SettingGroup> = {
  readonly [K in keyof G]: G[K] extends Setting<infer T> ? T : never;
};

export type Variables = Readonly<Record<string, string | undefined>>;

/** Reads settings from an environment and collects every fault, each in a line that never repeats a value. */
export class SettingsReader {
  readonly faults: string[] = [];
  readonly #variables: Variables;
  /** Texts of files, by the name of the setting that names the file. */
  readonly #inFiles = new Map<string, string>();

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  /** The stated text, in the variable or in the file that holds it; empty if the setting is not stated. */
  text(setting: Setting<unknown>): string {
    const { name, file } = setting;
    const stated = this.#stated(setting);
    const path = file === undefined ? "" : this.#stated(file);
    if (file === undefined || path === "") return stated;
    return this.#inFiles.getOrInsertComputed(file.name, () => {
      if (stated !== "") this.faults.push(`${name} and ${file.name} are both set; unset one of them.`);
      return keyInFile(path, file.name, this.faults);
    });
  }

  /** True if the setting is stated, in the variable or by a file, which need not be one that can be used. */
  isStated(setting: Setting<unknown>): boolean {
    return [setting, ...(setting.file === undefined ? [] : [setting.file])].some(
      (each) => this.#stated(each) !== "",
    );
  }

  #stated({ name, lowerCase }: Setting<unknown>): string {
    // Lower case first, as curl does.
    const lower = lowerCase === true ? this.#variables[name.toLowerCase()]?.trim() : "";
    return lower || this.#variables[name]?.trim() || "";
  }

  /** The text of a variable that an operator's file names; empty if it is not set. */
  variable(name: string): string {
    // Names such as `constructor` are those of no variable.
    return (Object.hasOwn(this.#variables, name) ? this.#variables[name]?.trim() : null) ?? "";
  }

  /** Of the given settings, the names of those that are set to something other than their default. */
  changed(settings: readonly Setting<unknown>[]): string[] {
    return settings
      .filter((each) => !["", each.default].includes(this.#stated(each)))
      .map(({ name }) => name);
  }

  /** Reads one setting. An invalid one is a fault and reads as if it were not stated, so that reading goes on. */
  read<T>(setting: Setting<T>): T {
    try {
      return setting.read(this.text(setting));
    } catch (fault) {
      if (!(fault instanceof InvalidText)) throw fault;
      const { file, name } = setting;
      const subject = file !== undefined && this.#stated(file) !== "" ? inFile(file.name) : name;
      this.faults.push(...fault.completions.map((each) => `${subject}${each}.`));
      return setting.read("");
    }
  }

  readAll<G extends SettingGroup>(group: G): ValuesOf<G> {
    return Object.fromEntries(
      Object.entries(group).map(([key, each]) => [key, this.read(each)]),
    ) as ValuesOf<G>;
  }
}
