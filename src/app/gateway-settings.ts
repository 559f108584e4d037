import { createHash } from 'node:crypto';
import type { Config, SourceConfig } from '../config/config.ts';
import type { Secret } from '../config/secret.ts';
import type { RoomRecord } from '../delivery/room-memory.ts';
import { tokenDigest } from '../gateway/authenticator.ts';
import { type GatewaySettings, type SourceSettings, trustedProxies } from '../gateway/settings.ts';
import { serverName } from '../matrix/ids.ts';
import { createRoomDirectory } from '../routing/room-directory.ts';
import { destinationsOf } from './destinations.ts';
import type { Surveyed } from './homeserver-survey.ts';
import { localSourceName } from './local-source.ts';

function sourceSettings(source: SourceConfig<Secret>): SourceSettings {
  return {
    name: source.name,
    auth: source.token === undefined ? 'none' : [tokenDigest(source.token.reveal())],
    format: source.format,
    rules: {
      defaultRooms: source.rooms,
      allowed: source.allow,
      origins: Object.fromEntries(source.origins),
    },
    dedupeWindowMs: source.dedupeWindowMs,
    rate: source.rate,
  };
}

/** Whoever may open the socket may send anywhere this configuration knows. */
function localSource(config: Config<Secret>): SourceSettings {
  return {
    name: localSourceName,
    auth: 'none',
    format: 'auto',
    rules: {
      defaultRooms: config.defaultRoom === undefined ? [] : [config.defaultRoom],
      allowed: [...config.rooms.keys()],
      origins: {},
    },
    dedupeWindowMs: 0,
    rate: undefined,
  };
}

/** The server names of the configured accounts; the façade calls the first its own. */
function serverNames(config: Config<Secret>, { userIds }: Surveyed): string[] {
  const names = [...config.accounts.values()].flatMap(({ name, userId, homeserver }) => {
    const known = userId ?? userIds.get(name);
    if (known !== undefined) return [serverName(known)];
    return homeserver === undefined ? [] : [new URL(homeserver).host];
  });
  return [...new Set(names)];
}

/** The configuration, and what is known of its rooms, as the gateway sees them. */
export function gatewaySettings(
  config: Config<Secret>,
  known: readonly RoomRecord[],
  surveyed: Surveyed,
): GatewaySettings {
  const names = serverNames(config, surveyed);
  return {
    sources: new Map([...config.sources].map(([name, source]) => [name, sourceSettings(source)])),
    operators: [...config.operators.values()].map(({ name, token }) => ({
      name,
      tokens: [tokenDigest(token.reveal())],
    })),
    local: localSource(config),
    rooms: createRoomDirectory({
      destinations: destinationsOf(config),
      known,
      isComplete: surveyed.isComplete,
      sha256: (text) => createHash('sha256').update(text).digest(),
      serverNames: names,
    }),
    bodyBytesMax: config.limits.bodyBytesMax,
    publicUrl: config.publicUrl,
    trustedProxies: trustedProxies(config.trustedProxies),
    serverName: names[0] ?? 'localhost',
  };
}
