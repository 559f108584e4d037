import type { Members } from './members.ts';

/**
 * Products that send, beside a message of their own making, what it was made from: shown again, it would bury the
 * message. Their documents are known by `marks`, names in lower case.
 */
const products: readonly {
  readonly marks: readonly string[];
  readonly noise: readonly string[];
}[] = [
  // Uptime Kuma: the monitor's whole configuration.
  { marks: ['msg', 'heartbeat', 'monitor'], noise: ['heartbeat', 'monitor'] },
  // Apprise: the version of its document.
  { marks: ['version', 'title', 'message', 'attachments', 'type'], noise: ['version'] },
  // Grafana: the message is its template's text of all this.
  {
    marks: ['title', 'message', 'alerts', 'orgid'],
    noise: [
      'alerts',
      'appversion',
      'commonannotations',
      'commonlabels',
      'externalurl',
      'groupkey',
      'grouplabels',
      'orgid',
      'receiver',
      'truncatedalerts',
      'version',
    ],
  },
];

/** The names, in lower case, of members that nobody wants to read beside the sender's own message. */
export function noiseOf(members: Members): readonly string[] {
  const noise = products
    .filter(({ marks }) => marks.every((name) => members.has(name)))
    .flatMap((product) => product.noise);
  // Nobody reads seconds since 1970, and a message has its own time.
  return typeof members.get('timestamp')?.value === 'number' ? [...noise, 'timestamp'] : noise;
}
