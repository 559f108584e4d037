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

/** Where the values so far lead: to a row once there is one for each label. */
interface Place {
  readonly places: Map<string, Place>;
  row?: Row;
}

/** A counter whose rows are looked up, not hashed: adding costs one map lookup per label, and the labels are made once. */
export class Tally {
  readonly #rows: Row[] = [];
  readonly #root: Place = { places: new Map() };
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
        for (const row of rows) counter.inc(row.labels, row.count);
      },
    });
    for (const values of options.initial ?? []) this.add(0, ...values);
  }

  /** Adds `amount`, 0 or more, to the row of these label values, given in the order of the labels. */
  add(amount: number, ...values: readonly string[]): void {
    let place = this.#root;
    for (const value of values) place = place.places.get(value) ?? openPlace(place, value);
    place.row ??= this.#openRow(values);
    place.row.count += amount;
  }

  #openRow(values: readonly string[]): Row {
    const labels = Object.fromEntries(this.#names.map((name, i) => [name, values[i] ?? '']));
    const row = { count: 0, labels };
    this.#rows.push(row);
    return row;
  }
}

function openPlace(parent: Place, value: string): Place {
  const place: Place = { places: new Map() };
  parent.places.set(value, place);
  return place;
}
