import type { Route } from '../route.ts';
import { aliasRoutes } from './alias-routes.ts';
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
  ...mediaRoutes,
  ...profileRoutes,
];
