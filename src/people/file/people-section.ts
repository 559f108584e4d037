import { z } from 'zod';
import { defaultGuardPolicy } from '../offboarding/guard.ts';
import { defaultOffboardingPolicy } from '../offboarding/offboarding.ts';

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** Ten years: longer is a slip of the finger. */
const durationMsMax = 3_650 * unitsMs.d;
/** The file is read into memory at once; larger directories speak HTTP. */
const declaredMax = 10_000;

const mustBeDuration = 'must be a duration such as 30s, 15m, 12h or 7d';

const duration = (defaultMs: number) =>
  z
    .string({ error: mustBeDuration })
    .regex(/^\d{1,9}[smhd]$/, mustBeDuration)
    .transform((text) => {
      const unit = text.slice(-1) as keyof typeof unitsMs;
      return Math.min(Number(text.slice(0, -1)) * unitsMs[unit], durationMsMax);
    })
    .default(defaultMs);

const roleNames = z.array(z.string().min(1));

const guard = z
  .strictObject({
    percent: z.number().min(0).max(100).default(defaultGuardPolicy.percentMax),
    people_min: z.int().min(1).default(defaultGuardPolicy.peopleMin),
    window: duration(defaultGuardPolicy.windowMs),
    settle: duration(defaultGuardPolicy.settleMs),
  })
  .describe('When revocations by a directory are too many at once and wait to be approved.');

const offboarding = z
  .strictObject({
    redact: z.boolean().default(defaultOffboardingPolicy.redact),
    media: z.boolean().default(defaultOffboardingPolicy.deleteMedia),
    end: z.enum(['lock', 'deactivate']).default(defaultOffboardingPolicy.end),
    erase: z.boolean().default(defaultOffboardingPolicy.erase),
    grace: duration(defaultOffboardingPolicy.graceMs),
  })
  .describe('How revoked people are let go. Erasing deletes no messages; redact empties them.');

const declaredPerson = z.strictObject({
  roles: roleNames.optional(),
  display_name: z.string().min(1).max(256).optional(),
  external_id: z.strictObject({ provider: z.string().min(1), id: z.string().min(1) }).optional(),
});

const section = z
  .strictObject({
    names: z
      .enum(['strict', 'synapse', 'keycloak'])
      .default('strict')
      .describe('How a name becomes a user id: as it is, or as Synapse maps it.'),
    reserved: z.array(z.string().min(1)).default([]).describe('Names nobody may have.'),
    default_roles: roleNames.optional().describe('Of whoever is created; default: member.'),
    admin_roles: roleNames.optional().describe('What a promotion gives; default: admin.'),
    drift: z.enum(['enforce', 'once']).default('once'),
    guard: guard.prefault({}),
    offboarding: offboarding.prefault({}),
    history: duration(365 * unitsMs.d).describe('How long the audit log is kept.'),
    list: z
      .record(z.string(), declaredPerson.nullable())
      .default({})
      .refine((list) => Object.keys(list).length <= declaredMax, {
        message: `must have at most ${declaredMax} entries`,
      })
      .describe('People by name; whoever is taken off the list is revoked.'),
  })
  .describe('The people of the deployment.');

/** The `people` key of a deployment file, with its defaults; durations in milliseconds. */
export interface PeopleSection {
  readonly names: 'strict' | 'synapse' | 'keycloak';
  readonly reserved: readonly string[];
  readonly default_roles?: readonly string[] | undefined;
  readonly admin_roles?: readonly string[] | undefined;
  readonly drift: 'enforce' | 'once';
  readonly guard: {
    readonly percent: number;
    readonly people_min: number;
    readonly window: number;
    readonly settle: number;
  };
  readonly offboarding: {
    readonly redact: boolean;
    readonly media: boolean;
    readonly end: 'lock' | 'deactivate';
    readonly erase: boolean;
    readonly grace: number;
  };
  readonly history: number;
  readonly list: Readonly<Record<string, SectionPerson | null>>;
}

/** A person in the file. */
export interface SectionPerson {
  readonly roles?: readonly string[] | undefined;
  readonly display_name?: string | undefined;
  readonly external_id?: { readonly provider: string; readonly id: string } | undefined;
}

/** What the `people` key of a deployment file says, or what is wrong with it. */
export type SectionOutcome =
  | { readonly ok: true; readonly section: PeopleSection }
  | { readonly ok: false; readonly issues: readonly z.core.$ZodIssue[] };

/** Reads the value of the `people` key; undefined: all defaults. */
export function readPeopleSection(value: unknown): SectionOutcome {
  const read = section.safeParse(value ?? {});
  return read.success ? { ok: true, section: read.data } : { ok: false, issues: read.error.issues };
}

/** The JSON Schema of the `people` key. */
export function peopleJsonSchema(): object {
  return z.toJSONSchema(section, { io: 'input' });
}
