import { ok, Refusal, type Reply } from '../reply.ts';
import { authenticated, type FakeRequest, type Route } from '../route.ts';
import type { World } from '../world.ts';

const download = '/_matrix/client/v1/media/download/{serverName}/{mediaId}';

/** The content repository with authentication, client-server API §13.8. */
export const mediaRoutes: readonly Route[] = [
  authenticated('getConfigAuthed', 'GET', '/_matrix/client/v1/media/config', (world) =>
    ok({ 'm.upload.size': world.media.uploadBytesMax }),
  ),
  authenticated('uploadContent', 'POST', '/_matrix/media/v3/upload', (world, request, caller) => {
    if (request.body.length > world.media.uploadBytesMax) {
      throw new Refusal(413, 'M_TOO_LARGE', 'Upload request body is too large');
    }
    const mxc = world.media.add({
      bytes: request.body,
      contentType: request.headers['content-type'] ?? 'application/octet-stream',
      filename: request.query.get('filename') ?? undefined,
      uploader: caller.userId,
    });
    return ok({ content_uri: mxc });
  }),
  authenticated('getContentAuthed', 'GET', download, getMedium),
  authenticated('getContentOverrideNameAuthed', 'GET', `${download}/{fileName}`, getMedium),
];

function getMedium(world: World, request: FakeRequest): Reply {
  const mxc = `mxc://${request.param('serverName')}/${request.param('mediaId')}`;
  const medium = world.media.get(mxc);
  if (medium === undefined) {
    throw new Refusal(404, 'M_NOT_FOUND', `Not found '${request.path}'`);
  }
  const name = request.param('fileName') || medium.filename;
  const named = name === undefined ? '' : `; filename*=utf-8''${encodeURIComponent(name)}`;
  return {
    status: 200,
    body: medium.bytes,
    contentType: medium.contentType,
    headers: { 'content-disposition': `inline${named}` },
  };
}
