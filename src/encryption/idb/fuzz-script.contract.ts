import fc from 'fast-check';

/** A range as both implementations make it; each with its own class. */
export type Query =
  | { readonly kind: 'all' }
  | { readonly kind: 'key'; readonly key: unknown }
  | { readonly kind: 'lower' | 'upper'; readonly key: unknown; readonly open: boolean }
  | {
      readonly kind: 'bound';
      readonly keys: readonly [unknown, unknown];
      readonly opens: readonly [boolean, boolean];
    };

export interface Operation {
  readonly name:
    | 'put'
    | 'add'
    | 'get'
    | 'getAll'
    | 'getAllKeys'
    | 'count'
    | 'delete'
    | 'clear'
    | 'walk';
  readonly store: string;
  /** Where it reads; undefined: the store itself. */
  readonly index: string | undefined;
  readonly key: unknown;
  readonly value: unknown;
  readonly query: Query;
  readonly countMax: number;
  /** What a cursor does with every second record. */
  readonly onTheWay: 'look' | 'update' | 'delete';
}

export type End = 'commit' | 'abort' | 'alone' | 'throw';

export type Change =
  | { readonly kind: 'create-store'; readonly store: string }
  | { readonly kind: 'delete-store'; readonly store: string }
  | {
      readonly kind: 'create-index';
      readonly store: string;
      readonly index: string;
      readonly keyPath: string | string[];
      readonly unique: boolean;
    }
  | { readonly kind: 'operation'; readonly operation: Operation };

export type Step =
  | {
      readonly kind: 'transaction';
      readonly mode: string;
      readonly scope: readonly string[];
      /** Requests are made all at once, and none waits for the one before. */
      readonly isPipelined: boolean;
      readonly end: End;
      readonly operations: readonly Operation[];
    }
  | { readonly kind: 'upgrade'; readonly changes: readonly Change[]; readonly end: End }
  | { readonly kind: 'reopen' };

const text = fc.constantFrom('', 'a', 'ab', 'b', 'é', '\u{1F600}', '\u0000z', '\uffff', 'zzz');
const plainKey = fc.oneof(
  { weight: 3, arbitrary: text },
  fc.integer({ min: -5, max: 5 }),
  // Minus zero is left out: as a key it is zero, and comes back so.
  fc.constantFrom(0.5, Infinity, -Infinity, 1e300, 5e-324),
  fc.integer({ min: 0, max: 3 }).map((ms) => new Date(1e12 + ms)),
  fc.uint8Array({ maxLength: 3 }).map((bytes) => bytes.buffer),
);
/** Valid keys, few enough to meet each other. */
export const validKey: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: plainKey },
  fc.array(fc.oneof(plainKey, fc.array(plainKey, { maxLength: 2 })), { maxLength: 3 }),
);
/** Also what is no key, but for objects and booleans: `getAll` of the newest draft takes them for options. */
export const anyKey: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 15, arbitrary: validKey },
  fc.constantFrom<unknown>(undefined, null, Number.NaN, new Date(Number.NaN), ['a', {}]),
);

const leaf = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, 'p', 'q', 1, 2, 3, 10n, new Date(5)),
  // The fake takes an empty one in an index for a detached one.
  fc.uint8Array({ minLength: 1, maxLength: 4 }),
  fc.constantFrom<unknown>(new Map([['k', 1]]), new Set(['x']), ['p', 1], { c: 'p' }, { c: 2 }),
);
/** A function cannot be stored. */
const uncloneable = { a: () => 0 };
const record = fc.record({ a: leaf, b: leaf, s: text }, { requiredKeys: [] });
const value = fc.oneof(
  { weight: 9, arbitrary: record },
  { weight: 2, arbitrary: leaf },
  fc.constant(uncloneable),
);

const query: fc.Arbitrary<Query> = fc.oneof(
  fc.constant({ kind: 'all' as const }),
  fc.record({ kind: fc.constant('key' as const), key: anyKey }),
  fc.record({ kind: fc.constantFrom('lower', 'upper'), key: anyKey, open: fc.boolean() }),
  fc.record({
    kind: fc.constant('bound' as const),
    keys: fc.tuple(anyKey, anyKey),
    opens: fc.tuple(fc.boolean(), fc.boolean()),
  }),
);

const store = fc.constantFrom('s1', 's1', 's2', 's2', 's3');
const index = fc.constantFrom('i1', 'i2', 'i3');

const anyOperation: fc.Arbitrary<Operation> = fc.record({
  name: fc.constantFrom<Operation['name'][]>(
    'put',
    'put',
    'put',
    'put',
    'put',
    'add',
    'get',
    'getAll',
    'getAllKeys',
    'count',
    'delete',
    'walk',
    'walk',
    'clear',
  ),
  store,
  index: fc.option(index, { nil: undefined }),
  key: anyKey,
  value,
  query,
  countMax: fc.integer({ min: 0, max: 3 }),
  onTheWay: fc.constantFrom('look', 'update', 'delete'),
});

// Of a bad key and a bad value, the fake looks at the value first; the specification at the key (§4.5).
const operation = anyOperation.map((one) =>
  one.value === uncloneable ? { ...one, key: 'a' } : one,
);

const createIndex = fc.record({
  kind: fc.constant('create-index' as const),
  store,
  index,
  keyPath: fc.constantFrom<(string | string[])[]>('a', ['a', 'b'], 's', 'b.c', ['s', 'b.c', 'a']),
  unique: fc.boolean(),
});

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('create-store' as const), store }) },
  fc.record({ kind: fc.constant('delete-store' as const), store }),
  { weight: 3, arbitrary: createIndex },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('operation' as const), operation }) },
);

const transaction = fc.record({
  kind: fc.constant('transaction' as const),
  mode: fc.constantFrom('readwrite', 'readwrite', 'readwrite', 'readonly'),
  scope: fc.oneof(
    { weight: 6, arbitrary: fc.constant(['s1', 's2']) },
    fc.array(store, { maxLength: 3 }),
  ),
  isPipelined: fc.boolean(),
  end: fc.constantFrom('commit', 'abort', 'alone', 'alone', 'throw'),
  operations: fc.array(operation, { minLength: 1, maxLength: 8 }),
});

const first: Step = {
  kind: 'upgrade',
  end: 'alone',
  changes: [
    { kind: 'create-store', store: 's1' },
    { kind: 'create-store', store: 's2' },
    { kind: 'create-index', store: 's2', index: 'i1', keyPath: 'a', unique: false },
    { kind: 'create-index', store: 's2', index: 'i2', keyPath: ['a', 'b'], unique: false },
  ],
};

/** What can be done with a database, one thing after the other. */
export function fuzzScript(stepsMax: number): fc.Arbitrary<Step[]> {
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 10, arbitrary: transaction },
    fc.record({
      kind: fc.constant('upgrade' as const),
      changes: fc.array(change, { minLength: 1, maxLength: 5 }),
      end: fc.constantFrom('commit', 'abort', 'alone', 'alone', 'alone', 'throw'),
    }),
    fc.constant({ kind: 'reopen' as const }),
  );
  return fc
    .array(step, { minLength: stepsMax / 2, maxLength: stepsMax })
    .map((steps) => [first, ...steps]);
}
