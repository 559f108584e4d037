/** What became of the marks that were to arrive. All but `expected` and `delivered` are zero when the promises hold. */
export interface DeliveryVerdict {
  readonly expected: number;
  /** Expected marks that arrived at least once. */
  readonly delivered: number;
  readonly lost: number;
  /** Arrivals beyond the first of the same mark. */
  readonly doubled: number;
  /** First arrivals that came after one which should have followed them. */
  readonly misordered: number;
  /** Arrivals nobody expected in that lane. */
  readonly unexpected: number;
  /** The first few violations in words, for the message of a failing test. */
  readonly examples: readonly string[];
}

interface Lane {
  /** Each expected mark's place in the order. */
  readonly places: Map<string, number>;
  readonly arrived: Set<string>;
  highestPlace: number;
}

/** Enough to see a pattern, few enough to read. */
const examplesMax = 10;

/** Counts what is lost, doubled or misordered: each lane has an order of unique marks, and order is judged by first arrivals. */
export class DeliveryChecker {
  readonly #lanes = new Map<string, Lane>();
  readonly #examples: string[] = [];
  #doubled = 0;
  #misordered = 0;
  #unexpected = 0;

  /** Says that `mark` is to arrive in `lane` after all marks expected there so far. */
  expect(lane: string, mark: string): void {
    const { places } = this.#lane(lane);
    if (places.has(mark)) throw new Error(`The mark ${mark} is expected twice in ${lane}.`);
    places.set(mark, places.size);
  }

  /** Says that `mark` was seen in `lane`. Expect it first: what is not expected counts as unexpected. */
  arrive(laneName: string, mark: string): void {
    const lane = this.#lane(laneName);
    const place = lane.places.get(mark);
    if (place === undefined) {
      this.#unexpected++;
      this.#example(`unexpected in ${laneName}: ${mark}`);
    } else if (lane.arrived.has(mark)) {
      this.#doubled++;
      this.#example(`doubled in ${laneName}: ${mark}`);
    } else {
      lane.arrived.add(mark);
      if (place < lane.highestPlace) {
        this.#misordered++;
        this.#example(`misordered in ${laneName}: ${mark} at place ${place}`);
      }
      lane.highestPlace = Math.max(lane.highestPlace, place);
    }
  }

  verdict(): DeliveryVerdict {
    let expected = 0;
    let delivered = 0;
    const missing: string[] = [];
    for (const [name, lane] of this.#lanes) {
      expected += lane.places.size;
      delivered += lane.arrived.size;
      for (const mark of lane.places.keys()) {
        if (missing.length >= examplesMax) break;
        if (!lane.arrived.has(mark)) missing.push(`lost in ${name}: ${mark}`);
      }
    }
    return {
      expected,
      delivered,
      lost: expected - delivered,
      doubled: this.#doubled,
      misordered: this.#misordered,
      unexpected: this.#unexpected,
      examples: [...this.#examples, ...missing].slice(0, examplesMax),
    };
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = { places: new Map(), arrived: new Set(), highestPlace: -1 };
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  #example(text: string): void {
    if (this.#examples.length < examplesMax) this.#examples.push(text);
  }
}
