/** What an operator of the homeserver may set; it may change while it runs. */
export interface Settings {
  /** Version of rooms that ask for none. */
  roomVersion: string;
  /** Stable room versions. */
  roomVersions: readonly string[];
  /** False: registration by shared secret answers 400. */
  registrationSharedSecretEnabled: boolean;
  /**
   * The page of an authentication service that Synapse delegates to, as with MAS. Then registration, logging in as
   * another and ending devices answer 404, and another cross-signing identity needs a step on that page.
   */
  accountPage: string | undefined;
  /** With an account page: the step was done, other cross-signing keys are taken. */
  identityResetAllowed: boolean;
  /** A room's creation ends with a 500 after so many of its events, alias and all; undefined: it ends well. */
  roomCreationEventsMax: number | undefined;
}

/** What Synapse 1.163 knows as stable. */
export const stableRoomVersions: readonly string[] = [
  ...['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'],
];

export function defaultSettings(roomVersion: string | undefined): Settings {
  return {
    roomVersion: roomVersion ?? '12',
    roomVersions: stableRoomVersions,
    registrationSharedSecretEnabled: true,
    accountPage: undefined,
    identityResetAllowed: false,
    roomCreationEventsMax: undefined,
  };
}
