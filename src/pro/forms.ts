/** How an alert is written down: the codings, extensions and identifiers that Flags, DetectedIssues and Tasks of ours share. */
import type { CodeableConcept, Extension, Flag, Identifier, Task } from 'fhir/r4';
import { codeSystem, extensionUrl, identifierSystem } from '../fhir/names.ts';
import { type Ref, refOf } from '../fhir/resource.ts';
import { TIERS, type Tier } from './instrument.ts';

/** The rule engine: author of Flags and DetectedIssues, agent of what is derived. */
export const RULE_ENGINE: Ref = 'Device/pro-bridge-rules';

/** Our own extensions: names of definitions under `profiles/`, with the element that carries the value. */
export const EXTENSIONS = {
  tier: 'valueCode',
  symptom: 'valueCode',
  reported: 'valueDateTime',
  received: 'valueDateTime',
  late: 'valueBoolean',
  /** A newer answer was there when it came in: it raised no alert. */
  superseded: 'valueBoolean',
  'answer-corrected': 'valueBoolean',
  /** When people were last called to the alert. */
  notified: 'valueDateTime',
  /** When somebody last took note of it. */
  acknowledged: 'valueDateTime',
  /** The step that is due at the deadline. */
  'due-step': 'valueCode',
  /** Of an assessment: somebody spoke with the patient, not only about them. */
  'with-patient': 'valueBoolean',
} as const;

export type FormExtension = keyof typeof EXTENSIONS;

interface Extended {
  readonly extension?: Extension[] | undefined;
}

/** A copy with the extension set, or taken away where the value is undefined; ordered by name, so that equal content prints equal. */
export function withExtension<T extends Extended>(resource: T, name: FormExtension, value: string | boolean | undefined): T {
  const url = extensionUrl(name);
  const others = (resource.extension ?? []).filter((extension) => extension.url !== url);
  const extension = value === undefined ? others : [...others, { url, [EXTENSIONS[name]]: value }].toSorted(byUrl);
  const copy = { ...resource, extension };
  if (extension.length === 0) Reflect.deleteProperty(copy, 'extension');
  return copy;
}

const byUrl = (a: Extension, b: Extension): number => (a.url < b.url ? -1 : Number(a.url > b.url));

export function readExtension({ extension }: Extended, name: FormExtension): string | boolean | undefined {
  const found = extension?.find(({ url }) => url === extensionUrl(name));
  return found?.valueCode ?? found?.valueDateTime ?? found?.valueBoolean;
}

/** The tier written on a Flag, Task or DetectedIssue; the most urgent where it is unreadable, so that nothing is lowered by mistake. */
export function tierOf(resource: Extended): Tier {
  const code = readExtension(resource, 'tier');
  return TIERS.find((tier) => tier === code) ?? 'critical';
}

export const isHigher = (tier: Tier, than: Tier): boolean => TIERS.indexOf(tier) > TIERS.indexOf(than);

export const concept = (system: string, code: string, text?: string): CodeableConcept => ({
  coding: [{ system: codeSystem(system), code }],
  ...(text === undefined ? {} : { text }),
});

export function codeIn(value: CodeableConcept | undefined, system: string): string | undefined {
  return value?.coding?.find((coding) => coding.system === codeSystem(system))?.code;
}

interface Identified {
  readonly identifier?: Identifier[] | undefined;
}

/** The value of our own identifier in a system of ours. */
export function ownIdentifier({ identifier }: Identified, system: string): string | undefined {
  return identifier?.find((one) => one.system === identifierSystem(system))?.value;
}

/** Raised by this server, not written by a client. */
const isOwnAlert = (flag: Flag): boolean => ownIdentifier(flag, 'alert') !== undefined;

export const symptomOf = (flag: Flag): string | undefined => codeIn(flag.code, 'symptom');

/** Unique while the alert is open: one alert a patient and symptom. */
const alertKey = (patient: Ref, symptom: string): string => `flag|${patient}|${symptom}`;

/** The key that a Flag holds: undefined where it is not ours or not open. What its versions before and after hold is what is claimed and released. */
export function keyHeldBy(flag: Flag | undefined): string | undefined {
  if (flag === undefined || flag.status !== 'active' || !isOwnAlert(flag)) return undefined;
  const symptom = symptomOf(flag);
  return symptom === undefined ? undefined : alertKey(flag.subject.reference ?? '', symptom);
}

const DETAIL = 'http://hl7.org/fhir/StructureDefinition/flag-detail';
const PRIORITY = 'http://hl7.org/fhir/StructureDefinition/flag-priority';

/** The DetectedIssues that a Flag stands on. https://hl7.org/fhir/R4/extension-flag-detail.html */
export function reasonsOf({ extension = [] }: Flag): readonly Ref[] {
  return extension.flatMap(({ url, valueReference }) => (url === DETAIL && valueReference?.reference !== undefined ? [valueReference.reference] : []));
}

export function withReason(flag: Flag, issue: Ref): Flag {
  if (reasonsOf(flag).includes(issue)) return flag;
  return { ...flag, extension: [...(flag.extension ?? []), { url: DETAIL, valueReference: { reference: issue } }].toSorted(byUrl) };
}

/** https://hl7.org/fhir/R4/extension-flag-priority.html */
export function withPriority(flag: Flag, code: string): Flag {
  const others = (flag.extension ?? []).filter(({ url }) => url !== PRIORITY);
  const priority = { url: PRIORITY, valueCodeableConcept: { coding: [{ system: 'http://hl7.org/fhir/flag-priority-code', code }] } };
  return { ...flag, extension: [...others, priority].toSorted(byUrl) };
}

export const refTo = (resource: { readonly resourceType: string; readonly id?: string | undefined }): Ref => refOf(resource.resourceType, resource.id ?? '');

/** The way of an alert, in order. */
export const STATES = ['raised', 'acknowledged', 'assessed', 'intervened', 'monitoring', 'closed'] as const;
export type AlertState = (typeof STATES)[number];

export function stateOf({ businessStatus }: Task): AlertState {
  const code = codeIn(businessStatus, 'alert-state');
  return STATES.find((state) => state === code) ?? 'raised';
}

export const hasReached = (task: Task, state: AlertState): boolean => STATES.indexOf(stateOf(task)) >= STATES.indexOf(state);

/** People have been called and nobody has taken note since. */
export function awaitsNotice(task: Task): boolean {
  const [notified, acknowledged] = [readExtension(task, 'notified'), readExtension(task, 'acknowledged')];
  if (typeof acknowledged !== 'string') return true;
  return typeof notified === 'string' && Date.parse(notified) > Date.parse(acknowledged);
}
