/** One patient's record in memory, to which answers come in: `derive` over and over, its results kept. */
import { expect } from '@jest/globals';
import type { DetectedIssue, Flag, Observation, Task } from 'fhir/r4';
import { type Derived, derive, type Setting } from '../../src/pro/derive.ts';
import { type Digest, digest } from '../../src/pro/digest.ts';
import { keyHeldBy, refTo } from '../../src/pro/forms.ts';
import type { Alerts } from '../../src/pro/instrument.ts';
import { alerts, plan, policy, response, type Said, scoring } from './fixture.ts';

type Kept = Derived['puts'][number];

export interface World {
  readonly resources: Map<string, Kept>;
  readonly keys: Map<string, string>;
  /** Takes in an answer (a later one with the same id changes it), at a time, under the rules of the day. */
  take(said: Said, at: string, rules?: Alerts): Derived;
  /** Deletes a response. */
  drop(id: string, at: string): Derived;
  all<T extends Kept['resourceType']>(type: T): Extract<Kept, { resourceType: T }>[];
  put(resource: Kept): void;
}

export function world(): World {
  const resources = new Map<string, Kept>();
  const keys = new Map<string, string>();
  const answers = new Map<string, { said: Said; first: string; current: string; version: number }>();
  let counter = 0;
  const ids = (): string => `id-${++counter}`;

  function all<T extends Kept['resourceType']>(type: T): Extract<Kept, { resourceType: T }>[] {
    return [...resources.values()].filter((one): one is Extract<Kept, { resourceType: T }> => one.resourceType === type);
  }

  function digests(without: string): Digest[] {
    const others = [...answers].filter(([id]) => id !== without);
    return others.map(([, { said, first, current }]) => digest(plan, scoring, response(said), { first, current }));
  }

  function run(id: string, at: string, { said, rules = alerts }: { said: Said | undefined; rules?: Alerts }): Derived {
    const before = answers.get(id);
    const version = (before?.version ?? 0) + 1;
    const receipt = { first: before?.first ?? at, current: at };
    if (said === undefined) answers.delete(id);
    else answers.set(id, { said, ...receipt, version });
    const setting: Setting = { policy, numbers: { emergency: '112', crisis: '116 123' }, timeZone: 'UTC', now: new Date(at), ids };
    const written = `QuestionnaireResponse/${id}`;
    const mine = (observation: Observation): boolean => observation.derivedFrom?.[0]?.reference === written;
    const derived = derive(
      { patient: 'Patient/p', written, response: said && response(said), version, receipt, plan, instrument: { name: 'check', scoring, alerts: rules } },
      {
        others: digests(id),
        alerts: { flags: all('Flag').filter((flag) => flag.status === 'active'), issues: all('DetectedIssue'), tasks: all('Task') },
        scores: all('Observation').filter(mine),
        patient: undefined,
      },
      setting,
    );
    keep(derived);
    return derived;
  }

  function keep({ puts, claims, releases }: Derived): void {
    for (const key of releases) expect(keys.delete(key)).toBe(true);
    for (const { key, holder } of claims) {
      expect(keys.get(key)).toBeUndefined();
      keys.set(key, holder);
    }
    // As through a store: printed and read again.
    for (const resource of puts) resources.set(refTo(resource), JSON.parse(JSON.stringify(resource)));
    expect([...keys.keys()].toSorted()).toEqual(
      all('Flag')
        .flatMap((flag) => keyHeldBy(flag) ?? [])
        .toSorted(),
    );
  }

  return {
    resources,
    keys,
    all,
    take: (said, at, rules) => run(said.id, at, { said, ...(rules && { rules }) }),
    drop: (id, at) => run(id, at, { said: undefined }),
    put: (resource) => void resources.set(refTo(resource), resource),
  };
}

export const open = (here: World): Flag[] => here.all('Flag').filter(({ status }) => status === 'active');
export const final = (here: World): DetectedIssue[] => here.all('DetectedIssue').filter(({ status }) => status === 'final');
export const taskOf = (here: World, flag: Flag | undefined): Task | undefined =>
  here.all('Task').find(({ focus }) => flag !== undefined && focus?.reference === refTo(flag));
