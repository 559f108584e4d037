import type { Route } from '../route.ts';
import { accountRoutes } from './account-routes.ts';
import { adminAccountRoutes } from './admin/account-routes.ts';
import { adminModerationRoutes } from './admin/moderation-routes.ts';
import { adminRoomRoutes } from './admin/room-routes.ts';
import { adminUserRoutes } from './admin/user-routes.ts';
import { aliasRoutes } from './alias-routes.ts';
import { deviceRoutes } from './device-routes.ts';
import { hierarchyRoute } from './hierarchy-route.ts';
import { keyRoutes } from './key-routes.ts';
import { loginRoutes } from './login-routes.ts';
import { mediaRoutes } from './media-routes.ts';
import { profileRoutes } from './profile-routes.ts';
import { registrationRoutes } from './registration-routes.ts';
import { roomRoutes } from './room-routes.ts';
import { sendRoutes } from './send-routes.ts';
import { serverRoutes } from './server-routes.ts';
import { stateRoutes } from './state-routes.ts';
import { syncRoute } from './sync-route.ts';
import { timelineRoutes } from './timeline-routes.ts';
import { toDeviceRoute } from './to-device-route.ts';

/** Every call the fake homeserver answers. */
export const allRoutes: readonly Route[] = [
  ...serverRoutes,
  ...loginRoutes,
  ...registrationRoutes,
  ...roomRoutes,
  ...aliasRoutes,
  ...stateRoutes,
  ...sendRoutes,
  ...timelineRoutes,
  syncRoute,
  ...accountRoutes,
  ...deviceRoutes,
  ...keyRoutes,
  toDeviceRoute,
  hierarchyRoute,
  ...adminUserRoutes,
  ...adminAccountRoutes,
  ...adminRoomRoutes,
  ...adminModerationRoutes,
  ...mediaRoutes,
  ...profileRoutes,
];
