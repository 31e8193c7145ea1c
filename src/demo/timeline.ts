/** A patient's `$timeline` as the story reads it. */
import type { Bundle, BundleEntry, Extension, FhirResource, MedicationAdministration } from 'fhir/r4';
import { extensionUrl } from '../fhir/names.ts';
import type { Client } from './client.ts';
import { check } from './story.ts';

type Timeline = Bundle<FhirResource>;

export const timelineOf = ({ read }: Client, patient: string): Promise<Timeline> => read<Timeline>(`${patient}/$timeline`);

/** How the hospital's part of the treatment history stands. */
interface HistoryState {
  /** fetched, failed, never-fetched, not-shared */
  readonly state: string;
  /** Failed since. */
  readonly since: Date;
  /** Resources. */
  readonly count: number;
}

export function historyState({ entry = [] }: Timeline): HistoryState {
  const [composition] = entry.flatMap(({ resource }) => (resource?.resourceType === 'Composition' ? [resource] : []));
  const history = composition?.section?.find(({ code }) => code?.coding?.some(({ code: name }) => name === 'history'));
  const state = history?.extension?.find(({ url }) => url === extensionUrl('timeline-state'));
  check(state !== undefined, 'the timeline says how the hospital record stands');
  const part = partsOf(state);
  return { state: part('state')?.valueCode ?? '', since: new Date(part('since')?.valueInstant ?? ''), count: part('count')?.valueUnsignedInt ?? 0 };
}

/** Where an entry comes from, and when that was last seen. */
interface EntrySource {
  readonly hospital: string;
  readonly url: string;
  readonly fetched: Date;
}

function sourceOf({ extension }: Pick<BundleEntry, 'extension'>): EntrySource {
  const source = extension?.find(({ url }) => url === extensionUrl('timeline-source'));
  check(source !== undefined, 'the entry says where it comes from');
  const part = partsOf(source);
  return { hospital: part('hospital')?.valueString ?? '', url: part('source')?.valueUri ?? '', fetched: new Date(part('fetched')?.valueInstant ?? '') };
}

const partsOf =
  ({ extension = [] }: Extension) =>
  (name: string): Extension | undefined =>
    extension.find(({ url }) => url === name);

interface Infusion {
  readonly what: string;
  readonly start: Date;
  readonly source: EntrySource;
}

/** The latest medicine that was given at the hospital. */
export function lastInfusion({ entry = [] }: Timeline): Infusion {
  const given = entry.flatMap(({ resource, extension = [] }) =>
    resource?.resourceType === 'MedicationAdministration' ? [{ what: nameOf(resource), start: startOf(resource), source: sourceOf({ extension }) }] : [],
  );
  const [last] = given.toSorted((a, b) => b.start.getTime() - a.start.getTime());
  check(last !== undefined, 'the timeline has medicines that were given at the hospital');
  return last;
}

const startOf = ({ effectiveDateTime, effectivePeriod }: MedicationAdministration): Date => new Date(effectiveDateTime ?? effectivePeriod?.start ?? '');
const nameOf = ({ medicationCodeableConcept }: MedicationAdministration): string => medicationCodeableConcept?.text ?? 'a medicine';
