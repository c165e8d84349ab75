import { useId, useState } from "react";
import { matchOf } from "../search-terms.ts";
import type { BuildOption } from "./legal.ts";

interface OptionListProps {
  readonly legend: string;
  readonly options: readonly BuildOption[];
  readonly chosen: readonly string[];
  readonly onChoose: (values: readonly string[]) => void;
}

/** Lists that are longer than this can be searched. */
const SHORT = 24;

/** Boxes to tick for what can be chosen; what cannot is listed below with the reason. */
export function OptionList({ legend, options, chosen, onChoose }: OptionListProps) {
  const [search, setSearch] = useState("");
  const legal = options.filter(({ value, refusal }) => refusal === null || chosen.includes(value));
  const isLong = legal.length > SHORT;
  const found = isLong
    ? legal.filter(
        ({ value, label, description }) =>
          matchOf(search, [
            [label, 4],
            [value, 4],
            [description, 1],
          ]) > 0,
      )
    : legal;
  return (
    <fieldset className="builder-part">
      <legend>{legend}</legend>
      {isLong && (
        <input
          type="search"
          className="field wide"
          placeholder={`Search ${legal.length}`}
          aria-label={`Search: ${legend}`}
          value={search}
          onChange={({ target }) => setSearch(target.value)}
        />
      )}
      <div className={isLong ? "builder-options long" : "builder-options"}>
        {found.map(({ value, label, description }) => (
          <label key={value} title={description}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={({ target }) =>
                onChoose(target.checked ? [...chosen, value] : chosen.filter((each) => each !== value))
              }
            />
            {label}
          </label>
        ))}
        {found.length === 0 && <p className="muted">Nothing has these words.</p>}
      </div>
      <Refused options={options.filter(({ value }) => !chosen.includes(value))} />
    </fieldset>
  );
}

/** Options that cannot be chosen beside the rest, by the reason. */
export function Refused({ options }: { readonly options: readonly BuildOption[] }) {
  const refused = options.filter(({ refusal }) => refusal !== null);
  if (refused.length === 0) return null;
  const reasons = [...new Set(refused.map(({ refusal }) => refusal))];
  return (
    <details className="builder-refused">
      <summary>{refused.length} not available here</summary>
      <dl>
        {reasons.map((reason) => (
          <div key={reason}>
            <dt>{reason}</dt>
            <dd>
              {refused
                .filter(({ refusal }) => refusal === reason)
                .map(({ label }) => label)
                .join(", ")}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

interface ChoiceListProps {
  readonly label: string;
  readonly options: readonly BuildOption[];
  readonly value: string;
  readonly onChoose: (value: string) => void;
  /** A choice beside the options. */
  readonly extra?: { readonly value: string; readonly label: string };
}

/** One of several; what cannot be chosen is listed below with the reason. */
export function ChoiceList({ label, options, value, onChoose, extra }: ChoiceListProps) {
  const id = useId();
  return (
    <div className="builder-part">
      <label htmlFor={id}>{label}</label>
      <select id={id} className="field wide" value={value} onChange={({ target }) => onChoose(target.value)}>
        {extra !== undefined && extra.value === "" && <option value="">{extra.label}</option>}
        {options
          .filter((each) => each.refusal === null || each.value === value)
          .map((each) => (
            <option key={each.value} value={each.value} title={each.description}>
              {each.label}
            </option>
          ))}
        {extra !== undefined && extra.value !== "" && <option value={extra.value}>{extra.label}</option>}
      </select>
      <Refused options={options.filter((each) => each.value !== value)} />
    </div>
  );
}
