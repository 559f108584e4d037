import { BlockList, isIP } from 'node:net';
import type { RoutingRules } from '../routing/destination.ts';
import type { RoomDirectory } from '../routing/room-directory.ts';

/** So many calls in each interval, in bursts of at most as many. */
export interface Rate {
  readonly count: number;
  readonly intervalMs: number;
}

/** A configured caller of the gateway. */
export interface SourceSettings {
  readonly name: string;
  /** SHA-256 digests of its tokens, or `none`: whoever names the source in the path is the source. */
  readonly auth: readonly Uint8Array[] | 'none';
  /** `auto`, or the one format it may speak. */
  readonly format: string;
  readonly rules: RoutingRules;
  /** The same bytes within this time are one message; 0: each is one. */
  readonly dedupeWindowMs: number;
  /** Undefined: as fast as it likes. */
  readonly rate: Rate | undefined;
}

/** Somebody who may see and act on everything, and sends nothing. */
export interface OperatorSettings {
  readonly name: string;
  /** SHA-256 digests of the operator's tokens. */
  readonly tokens: readonly Uint8Array[];
}

/** Everything of the configuration that a request meets. Immutable; a reload swaps the whole. */
export interface GatewaySettings {
  readonly sources: ReadonlyMap<string, SourceSettings>;
  readonly operators: readonly OperatorSettings[];
  /** Who speaks through a local listener without a token; undefined: nobody. */
  readonly local: SourceSettings | undefined;
  readonly rooms: RoomDirectory;
  readonly bodyBytesMax: number;
  /** Without a trailing slash. */
  readonly publicUrl: string | undefined;
  readonly trustedProxies: TrustedProxies;
  /** The server name of the façade's user ids. */
  readonly serverName: string;
}

/** The peers whose `X-Forwarded-*` headers are believed. */
export interface TrustedProxies {
  has(address: string | undefined): boolean;
}

const mappedIpv4 = '::ffff:';

/**
 * The proxies at these IP addresses and networks such as `10.0.0.0/8`.
 *
 * @throws Error for what is neither; the configuration was checked before
 */
export function trustedProxies(addresses: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const text of addresses) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return {
    has(address) {
      if (address === undefined) return false;
      const plain = address.startsWith(mappedIpv4) ? address.slice(mappedIpv4.length) : address;
      const family = isIP(plain);
      return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
    },
  };
}
