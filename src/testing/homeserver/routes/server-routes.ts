import { ok } from '../reply.ts';
import { authenticated, open, type Route } from '../route.ts';

/** Synapse 1.163 names these, and older ones. */
const specVersions: readonly string[] = [
  'r0.6.1',
  ...Array.from({ length: 15 }, (_, minor) => `v1.${minor + 1}`),
];

/** What the homeserver is and can. */
export const serverRoutes: readonly Route[] = [
  open('getVersions', 'GET', '/_matrix/client/versions', () =>
    ok({ versions: specVersions, unstable_features: {} }),
  ),
  open('getHealth', 'GET', '/health', () => ({
    status: 200,
    body: Buffer.from('OK'),
    contentType: 'text/plain; charset=utf-8',
  })),
  open('getServerVersion', 'GET', '/_synapse/admin/v1/server_version', () =>
    ok({ server_version: '1.163.2' }),
  ),
  authenticated('getCapabilities', 'GET', '/_matrix/client/v3/capabilities', (world) =>
    ok({
      capabilities: {
        'm.room_versions': {
          default: world.settings.roomVersion,
          available: Object.fromEntries(
            world.settings.roomVersions.map((version) => [version, 'stable']),
          ),
        },
        'm.change_password': { enabled: true },
        'm.set_displayname': { enabled: true },
        'm.set_avatar_url': { enabled: true },
      },
    }),
  ),
];
