import type { FastifyInstance, RouteOptions } from 'fastify';
import type { GatewayContext } from '../gateway-context.ts';
import { logout, profile, setProfile, whoami } from './account.ts';
import { clientVersions, wellKnownClient } from './discovery.ts';
import { refuseAsMatrix, requireSource } from './facade-door.ts';
import { login, loginFlows } from './login.ts';
import { redactEvent } from './redact-event.ts';
import { joinedMembers, joinRoom, listJoinedRooms, resolveAlias, roomState } from './rooms.ts';
import { sendEvent } from './send-event.ts';
import { sync } from './sync.ts';

/** The versions in the paths of senders that are in use; newest last. */
const prefixes: readonly string[] = [
  '/_matrix/client/api/v1',
  '/_matrix/client/r0',
  '/_matrix/client/v3',
];

function openRoutes(context: GatewayContext, prefix: string): RouteOptions[] {
  return [loginFlows(`${prefix}/login`), login(context, `${prefix}/login`)];
}

function sourceRoutes(context: GatewayContext, prefix: string): RouteOptions[] {
  const room = `${prefix}/rooms/:room`;
  return [
    sendEvent(context, `${room}/send/:type/:txnId`),
    sendEvent(context, `${room}/send/:type`),
    redactEvent(context, `${room}/redact/:event/:txnId`),
    redactEvent(context, `${room}/redact/:event`),
    joinRoom(`${room}/join`),
    joinRoom(`${prefix}/join/:room`),
    listJoinedRooms(`${prefix}/joined_rooms`),
    roomState(`${room}/state`),
    roomState(`${room}/state/:type`),
    roomState(`${room}/state/:type/:key`),
    joinedMembers(`${room}/joined_members`),
    sync(context, `${prefix}/sync`),
    whoami(`${prefix}/account/whoami`),
    logout(`${prefix}/logout`),
    logout(`${prefix}/logout/all`),
    profile(`${prefix}/profile/:user`),
    profile(`${prefix}/profile/:user/:field`),
    setProfile(`${prefix}/profile/:user/:field`),
  ];
}

/** The part of a homeserver that senders need: unmodified Matrix clients send through the gateway. */
export function facade(app: FastifyInstance, context: GatewayContext): void {
  app.register((scope, _options, done) => {
    refuseAsMatrix(scope, context);
    scope.route(clientVersions());
    scope.route(wellKnownClient());
    for (const prefix of prefixes) {
      for (const route of openRoutes(context, prefix)) scope.route(route);
    }
    done();
  });
  app.register((scope, _options, done) => {
    refuseAsMatrix(scope, context);
    requireSource(scope, context);
    for (const prefix of prefixes) {
      for (const route of sourceRoutes(context, prefix)) scope.route(route);
    }
    done();
  });
  app.register((scope, _options, done) => {
    refuseAsMatrix(scope, context);
    requireSource(scope, context, { strangers: true });
    for (const prefix of prefixes) scope.route(resolveAlias(`${prefix}/directory/room/:alias`));
    done();
  });
}
