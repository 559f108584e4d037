import { Counter, type Registry } from 'prom-client';

export interface TallyOptions {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly registry: Registry;
  /** Label values that are shown from the start as 0, so that a rate over them is right from the first event on. */
  readonly initial?: readonly (readonly string[])[] | undefined;
}

interface Row {
  count: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** A counter whose rows are looked up, not hashed: adding costs one map lookup, and the labels are made once. */
export class Tally {
  readonly #rows = new Map<string, Row>();
  readonly #names: readonly string[];

  constructor(options: TallyOptions) {
    this.#names = options.labels;
    const rows = this.#rows;
    const counter: Counter = new Counter({
      name: options.name,
      help: options.help,
      labelNames: [...options.labels],
      registers: [options.registry],
      collect: () => {
        counter.reset();
        for (const row of rows.values()) counter.inc(row.labels, row.count);
      },
    });
    for (const values of options.initial ?? []) this.add(0, ...values);
  }

  /** Adds `amount`, 0 or more, to the row of these label values, given in the order of the labels. */
  add(amount: number, ...values: readonly string[]): void {
    const key = values.length === 1 ? (values[0] ?? '') : values.join('\u0000');
    const row = this.#rows.get(key);
    if (row !== undefined) {
      row.count += amount;
      return;
    }
    const labels = Object.fromEntries(this.#names.map((name, i) => [name, values[i] ?? '']));
    this.#rows.set(key, { count: amount, labels });
  }
}
