import type { Route } from './route.ts';

interface Node {
  readonly literals: Map<string, Node>;
  parameter: Node | undefined;
  /** By method. */
  readonly routes: Map<string, Placed>;
}

interface Placed {
  readonly route: Route;
  /** Which segment each parameter is. */
  readonly places: ReadonlyMap<string, number>;
}

/** What a path leads to; `known` tells a wrong method (405) from a wrong path (404). */
export type RouteMatch =
  | { readonly route: Route; readonly param: (name: string) => string }
  | { readonly route: undefined; readonly known: boolean };

const newNode = (): Node => ({ literals: new Map(), parameter: undefined, routes: new Map() });

/** Finds routes by method and path, segment by segment. */
export class Router {
  readonly #root = newNode();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#insert(route);
  }

  /** `path` is percent-encoded and has no query. The legacy `r0` in it is read as `v3`, as Synapse does. */
  match(method: string, path: string): RouteMatch {
    const segments = path.split('/');
    if (segments[3] === 'r0') segments[3] = 'v3';
    let node: Node | undefined = this.#root;
    for (let i = 1; i < segments.length && node !== undefined; i++) {
      node = node.literals.get(segments[i] ?? '') ?? node.parameter;
    }
    const placed = node?.routes.get(method);
    if (placed === undefined) {
      return { route: undefined, known: node !== undefined && node.routes.size > 0 };
    }
    const { route, places } = placed;
    return { route, param: (name) => decode(segments[places.get(name) ?? -1] ?? '') };
  }

  #insert(route: Route): void {
    let node = this.#root;
    const places = new Map<string, number>();
    for (const [place, segment] of route.template.split('/').entries()) {
      if (place === 0) continue;
      if (segment.startsWith('{')) {
        places.set(segment.slice(1, -1), place);
        node.parameter ??= newNode();
        node = node.parameter;
      } else {
        let next = node.literals.get(segment);
        if (next === undefined) {
          next = newNode();
          node.literals.set(segment, next);
        }
        node = next;
      }
    }
    node.routes.set(route.method, { route, places });
  }
}

function decode(encoded: string): string {
  if (!encoded.includes('%')) return encoded;
  try {
    return decodeURIComponent(encoded);
  } catch {
    // Synapse takes a broken percent-encoding as it stands.
    return encoded;
  }
}
