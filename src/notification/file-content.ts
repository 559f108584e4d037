import { cleanLine } from './clean-text.ts';
import type { Mentions, ThreadRelation } from './event-content.ts';

/** What is known of a file before it is uploaded. */
export interface FileDescription {
  readonly fileName: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** The relation of the message it goes along with, so that it lands in the same thread. */
  readonly relatesTo?: ThreadRelation | undefined;
}

/** The content of a file's `m.room.message` event; without `url` it is not uploaded yet. */
export type FileContent = {
  readonly msgtype: 'm.file' | 'm.image' | 'm.audio' | 'm.video';
  readonly body: string;
  readonly filename: string;
  readonly info: { readonly mimetype: string; readonly size: number };
  readonly url?: string;
  readonly 'm.mentions': Mentions;
  readonly 'm.relates_to'?: ThreadRelation;
};

/** What common file systems hold in one name, in characters. */
const fileNameLengthMax = 200;
/** Images that every client shows; others (SVG, TIFF) are better downloaded. */
const shownImages: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
]);

function msgtypeOf(contentType: string): FileContent['msgtype'] {
  if (shownImages.has(contentType)) return 'm.image';
  if (contentType.startsWith('audio/')) return 'm.audio';
  if (contentType.startsWith('video/')) return 'm.video';
  return 'm.file';
}

/** The last part of a path, without what a file name cannot hold. */
function fileNameOf(path: string): string {
  const name = cleanLine(path)
    .replace(/^.*[/\\]/su, '')
    .replace(/[<>:"|?*]/g, '_');
  const short = name.slice(0, fileNameLengthMax).toWellFormed();
  return short === '' || short === '.' || short === '..' ? 'file' : short;
}

/** The event content that announces a file; the kind of message follows its content type. */
export function fileContent(file: FileDescription): FileContent {
  const named = file.contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const contentType = /^[\w.+-]{1,80}\/[\w.+-]{1,80}$/.test(named)
    ? named
    : 'application/octet-stream';
  const fileName = fileNameOf(file.fileName);
  return {
    msgtype: msgtypeOf(contentType),
    body: fileName,
    filename: fileName,
    info: { mimetype: contentType, size: file.sizeBytes },
    'm.mentions': {},
    ...(file.relatesTo === undefined ? {} : { 'm.relates_to': file.relatesTo }),
  };
}

/** The same content pointing at the uploaded file, `mxc://server/media`. */
export function withMxc<Content extends object>(
  content: Content,
  mxc: string,
): Content & { readonly url: string } {
  return { ...content, url: mxc };
}
