/** Client-Server API §11.2.1, `org.matrix.custom.html`. */
export const htmlFormat = 'org.matrix.custom.html';

/** Whom the message means to reach; always present, so that clients do not guess from the text. */
export type Mentions = { readonly room?: true; readonly user_ids?: readonly string[] };

/** A message in a thread (Client-Server API, "Threading"). */
export type ThreadRelation = {
  readonly rel_type: 'm.thread';
  readonly event_id: string;
  readonly is_falling_back: false;
};

/** Says that a message belongs to the thread of this event. */
export const inThread = (eventId: string): ThreadRelation => ({
  rel_type: 'm.thread',
  event_id: eventId,
  is_falling_back: false,
});

/** The content of an `m.room.message` event that says something in words. */
export type EventContent = {
  readonly msgtype: 'm.text' | 'm.notice';
  readonly body: string;
  readonly format?: typeof htmlFormat;
  readonly formatted_body?: string;
  readonly 'm.mentions': Mentions;
  readonly 'm.relates_to'?: ThreadRelation;
};
