import type { JsonObject } from './json.ts';
import type { PasswordLogin } from './login.ts';

/** The body of a login by password (Client-Server API, POST /v3/login), without what is asked for beside a token. */
export function passwordProof(login: PasswordLogin): JsonObject {
  return {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: login.user },
    password: login.password,
    device_id: login.deviceId,
    initial_device_display_name: login.initialDeviceDisplayName,
  };
}
