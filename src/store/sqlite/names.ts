import type { LaneKey } from '../../outbox/entry.ts';
import type { Statements } from './statements.ts';

/** Row ids of sources and lanes, remembered: the configuration names few, and rows of them are never deleted. */
export class Names {
  readonly #statements: Statements;
  readonly #sources = new Map<string, number>();
  readonly #sourceNames = new Map<number, string>();
  readonly #lanes = new Map<string, Map<string, number>>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** A source's id; undefined: nothing was ever accepted from it. */
  knownSource(name: string): number | undefined {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const row = this.#statements.get<{ id: number }>(
      'select source_id id from source where name = ?',
      name,
    );
    if (row !== undefined) this.#sources.set(name, row.id);
    return row?.id;
  }

  source(name: string): number {
    const known = this.knownSource(name);
    if (known !== undefined) return known;
    const row = this.#statements.get<{ id: number }>(
      'insert into source (name) values (?) returning source_id id',
      name,
    );
    return this.#keep(this.#sources, name, row);
  }

  /** The name of a source that something was accepted from. */
  sourceName(id: number): string {
    const known = this.#sourceNames.get(id);
    if (known !== undefined) return known;
    const row = this.#statements.get<{ name: string }>(
      'select name from source where source_id = ?',
      id,
    );
    if (row === undefined) throw new RangeError(`no source has the number ${id}`);
    this.#sourceNames.set(id, row.name);
    return row.name;
  }

  lane({ account, room }: LaneKey): number {
    let ofAccount = this.#lanes.get(account);
    if (ofAccount === undefined) {
      ofAccount = new Map();
      this.#lanes.set(account, ofAccount);
    }
    const known = ofAccount.get(room);
    if (known !== undefined) return known;
    const row =
      this.#statements.get<{ id: number }>(
        'select lane_id id from lane where account = ? and room = ?',
        account,
        room,
      ) ??
      this.#statements.get<{ id: number }>(
        'insert into lane (account, room) values (?, ?) returning lane_id id',
        account,
        room,
      );
    return this.#keep(ofAccount, room, row);
  }

  /** Drops everything: a rolled-back transaction may have made rows. */
  forget(): void {
    this.#sources.clear();
    this.#sourceNames.clear();
    this.#lanes.clear();
  }

  #keep(names: Map<string, number>, name: string, row: { id: number } | undefined): number {
    if (row === undefined) throw new Error('an inserted row was not returned');
    names.set(name, row.id);
    return row.id;
  }
}
